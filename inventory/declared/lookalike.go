package declared

import (
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// lookalike returns what is wrong with a document that no format claims and that was
// probably meant for one; nil when it is somebody else's file. A walk that passed such a
// file over in silence would judge nothing and report no finding.
func lookalike(d *document) *inventory.Fault {
	root := d.root
	if root.kind != mapNode {
		return nil
	}
	kind := root.get("kind")
	if root.get("apiVersion") != nil {
		if kind.isText() && (kind.text == "app" || kind.text == "register") {
			f, _ := root.field("apiVersion")
			return &inventory.Fault{
				Position: d.atKey(f), Message: "this looks like kind: " + kind.text + " of pcf-scan, which has no apiVersion", Hint: "remove apiVersion",
			}
		}
		return nil
	}
	for _, look := range []func(*document) *inventory.Fault{looksLikeApp, looksLikeRegister, looksLikeTemplate} {
		if f := look(d); f != nil {
			return f
		}
	}
	return nil
}

// looksLikeTemplate finds resources in a document that is no template. A resource stands
// one level below the root, or two.
func looksLikeTemplate(d *document) *inventory.Fault {
	const claim = "this looks like a CloudFormation template, but "
	for _, section := range d.root.fields {
		near := section.name == "Resources" || schema.Suggest(section.name, templateSections) == "Resources"
		if near && slices.ContainsFunc(section.value.fields, looksLikeResource) && section.name != "Resources" {
			return &inventory.Fault{Position: d.atKey(section), Message: claim + `"` + section.name + `" is no section of one`, Hint: "did you mean Resources?"}
		}
		for _, f := range append([]field{section}, section.value.fields...) {
			typ, ok := awsType(f.value)
			switch {
			case !ok:
			case f.value.get("properties") != nil && typ.name == "type":
				return &inventory.Fault{Position: d.atKey(f), Message: `"` + f.name + `" looks like a particle and stands in no app`, Hint: "write it below particles: of a pcf.yaml with app: and version:"}
			case near && typ.name == "type":
				return &inventory.Fault{Position: d.atKey(typ), Message: claim + `"type" is no attribute of a resource`, Hint: "did you mean Type?"}
			default:
				return &inventory.Fault{Position: d.atKey(f), Message: claim + `"` + f.name + `" does not stand in its Resources section`, Hint: "write it below Resources:"}
			}
		}
		if near && slices.ContainsFunc(section.value.fields, looksLikeResource) {
			return &inventory.Fault{Position: d.atKey(section), Message: claim + "no resource has a Type", Hint: "add Type: with a resource type such as AWS::S3::Bucket"}
		}
	}
	return nil
}

// awsType returns the Type (or type) of what may be a resource.
func awsType(n *node) (f field, ok bool) {
	for _, name := range []string{"Type", "type"} {
		if f, ok := n.field(name); ok && f.value.isText() && strings.HasPrefix(f.value.text, "AWS::") {
			return f, true
		}
	}
	return field{}, false
}

func looksLikeResource(f field) bool {
	_, typed := awsType(f.value)
	properties := f.value.get("Properties")
	return typed || properties != nil && properties.kind == mapNode
}

// looksLikeApp finds the keys of an app in a document that is none.
func looksLikeApp(d *document) *inventory.Fault {
	const claim = "this looks like an app, but "
	root := d.root
	app, kind := root.get("app"), root.get("kind")
	named := app != nil && app.isScalar() && app.kind != nullNode
	nearKind := kind.isText() && schema.Suggest(kind.text, []string{"app", "register"}) == "app"
	versioned := root.get("version") != nil || root.get("environment") != nil
	sections := []string{"particles", "inputs", "from", "retired"}
	if !versioned {
		sections = sections[:1] // the others are words of everybody
	}
	for _, f := range root.fields {
		switch near := schema.Suggest(f.name, sections); {
		case near == "" || !named && !nearKind && (near != "particles" || !hasParticles(f.value)):
		case near != f.name:
			return &inventory.Fault{Position: d.atKey(f), Message: claim + `"` + f.name + `" is no key of one`, Hint: "did you mean " + near + "?"}
		case nearKind:
			return &inventory.Fault{Position: d.at(kind), Message: claim + `"` + kind.text + `" is no kind of pcf-scan`, Hint: "did you mean app?"}
		default:
			return &inventory.Fault{Position: d.at(root), Message: claim + "it does not say of which app it is a version", Hint: "add app: and version:"}
		}
	}
	if named && kind == nil && versioned {
		return &inventory.Fault{Position: d.at(root), Message: "this looks like an app, and it declares nothing", Hint: "add particles: or from:; a tombstone says retired:"}
	}
	return nil
}

// hasParticles reports whether some entry has an AWS type.
func hasParticles(n *node) bool {
	return slices.ContainsFunc(n.fields, func(f field) bool { _, ok := awsType(f.value); return ok })
}

// looksLikeRegister finds the apps of a register in a document that is none.
func looksLikeRegister(d *document) *inventory.Fault {
	apps, kind := d.root.get("apps"), d.root.get("kind")
	if apps == nil || !slices.ContainsFunc(apps.fields, func(f field) bool {
		return f.value.get("active") != nil || f.value.get("retired") != nil
	}) {
		return nil
	}
	if kind == nil {
		return &inventory.Fault{Position: d.at(d.root), Message: "this looks like a register, but it has no kind", Hint: "add kind: register"}
	}
	if kind.isText() && schema.Suggest(kind.text, []string{"register"}) != "" {
		return &inventory.Fault{Position: d.at(kind), Message: `this looks like a register, but "` + kind.text + `" is no kind of pcf-scan`, Hint: "did you mean register?"}
	}
	return nil
}
