package declared

import (
	"fmt"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// The register (`kind: register`): which versions of which apps are live.
var _ = addFormat(format{
	name: "a register (kind: register)",
	recognises: func(root *node) bool {
		kind := root.get("kind")
		return kind.isText() && kind.text == "register" && root.get("apiVersion") == nil
	},
	read: readRegister,
})

func readRegister(r *reading, d *document) {
	r.use(d)
	r.unknownKeys(d, d.root, "the register", "kind", "apps")
	if first := r.decl.Register; first != nil {
		r.fault(d.at(d.root), "there is already a register in "+first.File, "keep one register: it is the authority on what is live")
		return
	}
	register := &inventory.Register{File: d.file, Apps: map[string]inventory.RegisteredApp{}}
	r.decl.Register = register
	apps := d.root.get("apps")
	if apps == nil || apps.kind != mapNode {
		r.fault(d.at(d.root), "the register lists no apps", "write apps: with a mapping of app names")
		return
	}
	for _, f := range apps.fields {
		if f.value.kind != mapNode {
			r.want(d, f.value, "app "+f.name, "a mapping with environment, active and retired")
			continue
		}
		r.unknownKeys(d, f.value, "app "+f.name, "environment", "active", "retired")
		app := inventory.RegisteredApp{Environment: r.literal(d, f.value, "environment"), Position: d.atKey(f)}
		if active := f.value.get("active"); active != nil && active.kind != nullNode {
			if active.kind != listNode {
				r.want(d, active, "active", "a list of versions")
			}
			for _, v := range active.items {
				if !v.isScalar() || v.text == "" {
					r.want(d, v, "a version", "text")
					continue
				}
				app.Active = append(app.Active, v.text)
			}
		}
		retiredField, _ := f.value.field("retired")
		retired := retiredField.value
		switch {
		case retired == nil || retired.kind == nullNode:
		case retired.kind == mapNode:
			app.Retired = map[string]time.Time{}
			for _, v := range retired.fields {
				if t := r.time(d, v.value, "the time at which "+v.name+" retires"); !t.IsZero() {
					app.Retired[v.name] = t
				}
			}
		default:
			app.RetiredAll = r.time(d, retired, "retired")
		}
		for _, version := range app.Active {
			at, both := d.atKey(retiredField), retired != nil && retired.kind != mapNode && retired.kind != nullNode
			if v, ok := retired.field(version); ok {
				at, both = d.atKey(v), true
			}
			if both {
				r.fault(at, fmt.Sprintf("version %s of %s is both active and retired", version, f.name), "remove it from one of the two: the register is the authority on what is live")
			}
		}
		register.Apps[f.name] = app
	}
}
