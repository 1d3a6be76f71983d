package declared

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Inputs that are recognised and cannot be read yet. Saying so is the point: a file that
// is passed over in silence makes a gate that is open.
var (
	_ = addFormat(unsupported("a Terraform plan or state (JSON)", isTerraformJSON, "Terraform plans and states are not read yet"))
	_ = addFormat(unsupported("a PCF definition (pcf.json, pcf.yml)", isPCFDefinition, "PCF definitions are not read yet"))
	_ = addFormat(unsupported("a CDK cloud assembly (manifest.json)", isCloudAssembly,
		"CDK cloud assemblies are not read yet; their templates are read as CloudFormation of their own"))
)

func unsupported(name string, recognises func(*node) bool, why string) format {
	return format{name: name, recognises: recognises, read: func(r *reading, d *document) {
		if isTerraformJSON(d.root) {
			r.plans = append(r.plans, d.file)
		}
		r.decl.Gaps = append(r.decl.Gaps, inventory.Gap{File: d.file, Reason: inventory.Unsupported, Message: why})
	}}
}

// isTerraformJSON recognises `terraform show -json` of a plan or a state, and a state
// file of version 4 (https://developer.hashicorp.com/terraform/internals/json-format).
func isTerraformJSON(root *node) bool {
	if v := root.get("format_version"); v != nil && v.kind == stringNode {
		return root.get("planned_values") != nil || root.get("resource_changes") != nil || root.get("values") != nil || root.get("terraform_version") != nil
	}
	return root.get("terraform_version") != nil && root.get("version") != nil && (root.get("lineage") != nil || root.get("resources") != nil)
}

// isPCFDefinition recognises the original framework's definitions: objects with a
// flavor, alone or in a list.
func isPCFDefinition(root *node) bool {
	if root.kind == listNode {
		return slices.ContainsFunc(root.items, isPCFDefinition)
	}
	flavor := root.get("flavor")
	return flavor != nil && flavor.kind == stringNode &&
		(root.get("pcf_name") != nil || root.get("aws_resource") != nil || root.get("particles") != nil || root.get("desired_state") != nil)
}

// isCloudAssembly recognises the manifest of a CDK output directory.
func isCloudAssembly(root *node) bool {
	artifacts := root.get("artifacts")
	if artifacts == nil || root.get("version") == nil {
		return false
	}
	return slices.ContainsFunc(artifacts.fields, func(f field) bool {
		t := f.value.get("type")
		return t != nil && (strings.HasPrefix(t.text, "aws:cloudformation:") || strings.HasPrefix(t.text, "cdk:"))
	})
}

// checkTerraform refuses directories of Terraform source for which no plan was passed:
// what they declare is known only to Terraform.
func (r *reading) checkTerraform() {
	var dirs []string
	for _, file := range r.terraform {
		dirs = append(dirs, filepath.Dir(file))
	}
	slices.Sort(dirs)  // parents first
	var roots []string // the topmost directories: modules below are part of their plan
	for _, dir := range dirs {
		if !slices.ContainsFunc(roots, func(root string) bool { return isBelow(dir, root) }) {
			roots = append(roots, dir)
		}
	}
	// A plan that was passed by name may stand anywhere; one that a walk met belongs to
	// the directory in which it lies.
	named := slices.ContainsFunc(r.sources, func(s source) bool { return s.named && slices.Contains(r.plans, s.path) })
	for _, root := range roots {
		covered := named || slices.ContainsFunc(r.plans, func(plan string) bool {
			return isBelow(filepath.Dir(plan), root) || isBelow(root, filepath.Dir(plan))
		})
		if !covered {
			r.fault(inventory.Position{File: root}, "the directory holds Terraform source and no plan",
				"make one with `terraform plan -out=tfplan`, then `terraform show -json tfplan > tfplan.json`, and pass tfplan.json")
		}
	}
}

func isBelow(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
