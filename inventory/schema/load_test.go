package schema

import ("testing";"fmt")

func TestX(t *testing.T) {
	miss := map[string]int{}
	for _, n := range Names() {
		ty, ok := Lookup(n)
		if !ok { t.Fatal(n) }
		for k, l := range map[string][]string{"ro": ty.ReadOnly, "wo": ty.WriteOnly, "co": ty.CreateOnly, "cco": ty.ConditionalCreateOnly, "dep": ty.Deprecated, "pi": ty.PrimaryIdentifier} {
			for _, p := range l {
				if _, ok := ty.At(p); !ok { miss[k]++; fmt.Println(k, n, p) }
			}
		}
		for p := range ty.Transforms { if _, ok := ty.At(p); !ok { fmt.Println("tr", n, p) } }
		if ty.TagProperty != "" { if _, ok := ty.At(ty.TagProperty); !ok { fmt.Println("tag", n) } }
	}
	fmt.Println(len(Names()), miss)
}
