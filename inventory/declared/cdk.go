package declared

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// CDK cloud assemblies: the directory (cdk.out) that `cdk synth` writes, with a manifest of
// the stacks in it (https://docs.aws.amazon.com/cdk/v2/guide/deploy.html). The manifest says
// which files are stacks and where they go; everything else in the directory is an asset of
// theirs and no declaration. What people know is the construct that they wrote, so a
// particle is named by its construct path.
var _ = addFormat(format{
	name:       "a CDK cloud assembly (manifest.json)",
	recognises: isAssembly,
	read: func(r *reading, d *document) {
		r.readAssembly(d, 0, func(template *document) *home { return r.standAlone(template) }, func(h *home) { r.addApp(h.app) })
	},
	readInto: func(r *reading, d *document, h *home) {
		r.readAssembly(d, 0, func(*document) *home { return &home{app: h.app, manage: h.manage} }, func(*home) {})
	},
	first: true,
})

const (
	manifestName = "manifest.json"
	maxStages    = 20 // levels of assemblies in assemblies
)

// isAssembly recognises the manifest of a CDK output directory.
func isAssembly(root *node) bool {
	artifacts := root.get("artifacts")
	if artifacts == nil || root.get("version") == nil {
		return false
	}
	return slices.ContainsFunc(artifacts.fields, func(f field) bool {
		t := f.value.get("type")
		return t != nil && (strings.HasPrefix(t.text, "aws:cloudformation:") || strings.HasPrefix(t.text, "cdk:"))
	})
}

// An assembly is what a manifest says besides its templates.
type assembly struct {
	paths  map[string]string // construct paths of one stack, by logical id
	assets map[string]string // files that will be uploaded, by hash
}

// path returns the construct path of a resource; "" when there is none.
func (a *assembly) path(f field) string {
	if a == nil {
		return ""
	}
	if path := f.value.get("Metadata").get("aws:cdk:path"); path.isText() {
		return path.text
	}
	return a.paths[f.name]
}

// nested is the assembly as a nested stack sees it: logical ids of its own.
func (a *assembly) nested() *assembly {
	if a == nil {
		return nil
	}
	return &assembly{assets: a.assets}
}

// assetOf returns the file whose hash stands in a text, as in the URL of a nested template.
func (a *assembly) assetOf(texts []string) string {
	if a == nil {
		return ""
	}
	for _, text := range texts {
		for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '/' || r == '.' }) {
			if file := a.assets[part]; file != "" {
				return file
			}
		}
	}
	return ""
}

// readAssembly reads the stacks of a manifest and of the assemblies in it (stages), in the
// order of the manifest. open makes the home of a stack, and done takes it when it is read.
func (r *reading) readAssembly(d *document, depth int, open func(*document) *home, done func(*home)) {
	r.use(d)
	dir := filepath.Dir(d.file)
	if missing := d.root.get("missing"); missing != nil && len(missing.items) > 0 {
		r.warn(d.at(missing), "the assembly was made without looking up everything that it depends on, so some values in it are place-holders", "run cdk synth with credentials, or commit cdk.context.json")
	}
	artifacts := d.root.get("artifacts").fieldsOf()
	assets := map[string]string{}
	for _, f := range artifacts {
		if t := f.value.get("type"); t.isText() && t.text == "cdk:asset-manifest" {
			r.readAssets(filepath.Join(dir, r.literal(d, props(f), "file")), assets)
		}
	}
	for _, f := range artifacts {
		t := f.value.get("type")
		if !t.isText() {
			continue
		}
		switch t.text {
		case "cdk:cloud-assembly":
			path := filepath.Join(dir, r.literal(d, props(f), "directoryName"), manifestName)
			inner := r.assemblyFile(d, f, path, isAssemblyManifest, "a manifest")
			switch {
			case inner == nil:
			case depth >= maxStages || slices.Contains(r.decl.Files, inner.file):
				r.fault(d.atKey(f), "the assembly "+f.name+" leads back to one that is read already", "run cdk synth again")
			default:
				r.readAssembly(inner, depth+1, open, done)
			}
		case "aws:cloudformation:stack":
			template := r.assemblyFile(d, f, filepath.Join(dir, cmp.Or(r.literal(d, props(f), "templateFile"), f.name+".template.json")), isTemplate, "a template")
			if template == nil || slices.Contains(r.decl.Files, template.file) {
				continue
			}
			h := open(template)
			h.assembly = &assembly{paths: r.constructs(d, f, dir), assets: assets}
			h.stack = f.name
			if name := r.literal(d, props(f), "stackName"); name != "" {
				h.stack = name
			}
			h.account, h.region = environment(r.literal(d, f.value, "environment"))
			readTemplate(r, template, h)
			done(h)
		}
	}
}

// props are the properties of an artifact, never nil.
func props(f field) *node {
	if p := f.value.get("properties"); p != nil {
		return p
	}
	return &node{kind: mapNode}
}

func isAssemblyManifest(root *node) bool { return root.get("artifacts") != nil }

// assemblyFile parses a file that an artifact names; nil, and a fault, when it is not there.
func (r *reading) assemblyFile(d *document, f field, path string, is func(*node) bool, what string) *document {
	const hint = "run cdk synth again"
	file := r.parse(path)
	r.claimed[file.key] = true
	switch {
	case file.fault != nil && file.fault.Position.Line > 0:
		r.decl.Faults = append(r.decl.Faults, *file.fault)
	case file.fault != nil:
		r.fault(d.atKey(f), "the artifact "+f.name+" cannot be read: "+path+": "+file.fault.Message, hint)
	case len(file.docs) != 1 || !is(file.docs[0].root):
		r.fault(d.atKey(f), "the artifact "+f.name+" wants "+what+", and "+path+" is none", hint)
	default:
		return file.docs[0]
	}
	return nil
}

// readAssets notes the files of an asset manifest; one that is not there costs only nested
// stacks that do not say their file otherwise.
func (r *reading) readAssets(path string, assets map[string]string) {
	file := r.parse(path)
	r.claimed[file.key] = true
	for _, d := range file.docs {
		for _, f := range d.root.get("files").fieldsOf() {
			if p := f.value.get("source").get("path"); p.isText() {
				assets[f.name] = p.text
			}
		}
	}
}

// constructs returns the construct paths of a stack by logical id. They stand in the
// metadata of the artifact, or in a file of their own.
func (r *reading) constructs(d *document, f field, dir string) map[string]string {
	paths := map[string]string{}
	sources := []*node{f.value.get("metadata")}
	if name := f.value.get("additionalMetadataFile"); name.isText() {
		file := r.parse(filepath.Join(dir, name.text))
		r.claimed[file.key] = true
		for _, extra := range file.docs {
			sources = append(sources, extra.root)
		}
	}
	for _, source := range sources {
		for _, construct := range source.fieldsOf() {
			for _, entry := range construct.value.items {
				kind, id := entry.get("type"), entry.get("data")
				if kind.isText() && kind.text == "aws:cdk:logicalId" && id.isText() {
					paths[id.text] = strings.TrimPrefix(construct.name, "/")
				}
			}
		}
	}
	return paths
}

// environment takes aws://ACCOUNT/REGION apart; what is not known until deployment is "".
func environment(text string) (account, region string) {
	rest, ok := strings.CutPrefix(text, "aws://")
	if !ok {
		return "", ""
	}
	account, region, _ = strings.Cut(rest, "/")
	if account == "unknown-account" {
		account = ""
	}
	if region == "unknown-region" {
		region = ""
	}
	return account, region
}

// assemblyIn returns the manifest of a directory that is a CDK assembly: of all its files,
// only that one is a declaration.
func (r *reading) assemblyIn(dir string) (manifest string, ok bool) {
	path := filepath.Join(dir, manifestName)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return "", false
	}
	f := r.parse(path)
	return path, f.fault == nil && len(f.docs) == 1 && isAssembly(f.docs[0].root)
}
