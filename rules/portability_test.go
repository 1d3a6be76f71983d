package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// TestHardwiredOfComputed: of a value that a function computes only the typed pieces count,
// whatever the value is; the cases of the rules hold what stands in a declaration as it is.
func TestHardwiredOfComputed(t *testing.T) {
	const account, arn = "111122223333", "arn:aws:iam::111122223333:role/x"
	for _, tt := range []struct {
		why     string
		value   any
		written []string
		kind    string
		want    Status
	}{
		{"it came in through a parameter with a default", arn, nil, "arn", Pass},
		{"it is known only after deployment, and was not typed", &inventory.Unknown{Because: "test"}, nil, "arn", Pass},
		{"it is known only after deployment, and a part was typed", &inventory.Unknown{Because: "test"}, []string{"arn:aws:iam::111122223333:role/${}"}, "arn", Fail},
		{"the partition comes in, the account was typed", arn, []string{"arn:${}:iam::111122223333:role/x"}, "arn", Fail},
		{"the account comes in", arn, []string{"arn:aws:iam::${}:role/x"}, "arn", Pass},
		{"the region was typed, the account comes in", "x", []string{"arn:aws:sns:eu-west-1:${}:x"}, "region", Fail},
		{"the region comes in", "x", []string{"arn:aws:sns:${}:111122223333:x"}, "region", Pass},
		{"a service of the region that comes in", "com.amazonaws.eu-west-1.s3", []string{"com.amazonaws.${}.s3"}, "region", Pass},
		{"the second piece", "x", []string{"a", "ami-0123456789abcdef0"}, "image", Fail},
		{"an id was typed into a text", "x", []string{"vpc=subnet-0123456789abcdef0,${}"}, "id", Fail},
	} {
		t.Run(tt.why, func(t *testing.T) {
			s, _ := oneRule(t, "AWS::Lambda::Function", `hardwired(resource, "`+tt.kind+`") == ""`)
			f := verdictOf(s, &inventory.Resource{
				Ref: inventory.Ref{Type: "AWS::Lambda::Function"}, Declared: true,
				Properties: inventory.Properties{"Role": tt.value}, Written: map[string][]string{"/Role": tt.written},
			})
			assert.Equal(t, tt.want, f.Status, f.Message)
			if tt.want == Fail {
				assert.Equal(t, "/Role", f.Path)
			}
		})
	}

	s, _ := oneRule(t, "AWS::Lambda::Function", `hardwired(resource, "arn") == ""`)
	r := &inventory.Resource{Ref: inventory.Ref{Type: "AWS::Lambda::Function"}, Declared: true, Unread: []string{""}}
	assert.Equal(t, Unknown, verdictOf(s, r).Status, "a macro computes the properties")
	r = &inventory.Resource{Ref: inventory.Ref{Type: "AWS::Lambda::Function"}, Properties: inventory.Properties{"Role": arn}}
	assert.Equal(t, Pass, verdictOf(s, r).Status, "nobody typed a live resource")

	s, _ = oneRule(t, "AWS::Lambda::Function", `hardwired(resource, "pla" + "net") == ""`)
	f := verdictOf(s, &inventory.Resource{Ref: inventory.Ref{Type: "AWS::Lambda::Function"}, Properties: inventory.Properties{"Role": account}})
	assert.Equal(t, Error, f.Status, "a kind that does not exist finds nothing, and says so")
	assert.Contains(t, f.Message, `knows the kinds account, arn, id, image, region, secret, not "planet"`)
}
