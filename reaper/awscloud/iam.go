package awscloud

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// difference returns what is to be added to a list of texts and what is to be taken out of it.
func difference(before, after any) (added, removed []string) {
	b, a := texts(before), texts(after)
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) }),
		slices.DeleteFunc(slices.Clone(b), func(s string) bool { return slices.Contains(a, s) })
}

// inline returns policies by their names, as JSON, and the names in order.
func inline(policies any) (documents map[string]string, names []string, err error) {
	documents = map[string]string{}
	list, _ := policies.([]any)
	for _, e := range list {
		p, _ := e.(map[string]any)
		name := text(p, "PolicyName")
		if documents[name], err = jsonText(p["PolicyDocument"]); err != nil {
			return nil, nil, err
		}
		names = append(names, name)
	}
	return documents, names, nil
}

// A principal is what is alike in roles, users and groups: its policies. The fields are the
// calls of the kind, with the member that names the principal.
type principal struct {
	member string // RoleName, UserName or GroupName
	attach func(b *batch, members props)
	detach func(b *batch, members props)
	put    func(b *batch, members props)
	remove func(b *batch, members props)
}

func roles(client *iam.Client) principal {
	return principal{
		"RoleName",
		func(b *batch, m props) { add(b, client.AttachRolePolicy, m) },
		func(b *batch, m props) { add(b, client.DetachRolePolicy, m) },
		func(b *batch, m props) { add(b, client.PutRolePolicy, m) },
		func(b *batch, m props) { add(b, client.DeleteRolePolicy, m) },
	}
}

func users(client *iam.Client) principal {
	return principal{
		"UserName",
		func(b *batch, m props) { add(b, client.AttachUserPolicy, m) },
		func(b *batch, m props) { add(b, client.DetachUserPolicy, m) },
		func(b *batch, m props) { add(b, client.PutUserPolicy, m) },
		func(b *batch, m props) { add(b, client.DeleteUserPolicy, m) },
	}
}

func groups(client *iam.Client) principal {
	return principal{
		"GroupName",
		func(b *batch, m props) { add(b, client.AttachGroupPolicy, m) },
		func(b *batch, m props) { add(b, client.DetachGroupPolicy, m) },
		func(b *batch, m props) { add(b, client.PutGroupPolicy, m) },
		func(b *batch, m props) { add(b, client.DeleteGroupPolicy, m) },
	}
}

// policies adds the calls that bring the policies of a principal from one state to another:
// new ones first, so that it is never without.
func (p principal) policies(b *batch, name string, u update) error {
	if u.has("ManagedPolicyArns") {
		attached, detached := difference(u.live.Properties["ManagedPolicyArns"], u.after["ManagedPolicyArns"])
		for _, arn := range attached {
			p.attach(b, props{p.member: name, "PolicyArn": arn})
		}
		for _, arn := range detached {
			p.detach(b, props{p.member: name, "PolicyArn": arn})
		}
	}
	if !u.has("Policies") {
		return nil
	}
	before, had, err := inline(u.live.Properties["Policies"])
	if err != nil {
		return err
	}
	after, has, err := inline(u.after["Policies"])
	if err != nil {
		return unsupported("/Policies", err.Error())
	}
	for _, policy := range has {
		if before[policy] != after[policy] {
			p.put(b, props{p.member: name, "PolicyName": policy, "PolicyDocument": after[policy]})
		}
	}
	for _, policy := range had {
		if !slices.Contains(has, policy) {
			p.remove(b, props{p.member: name, "PolicyName": policy})
		}
	}
	return nil
}

// strip adds the calls that take all policies from a principal that is deleted. Each must be
// named by a step.
func (p principal) strip(b *batch, live *inventory.Resource, steps []plan.Step) error {
	for _, arn := range texts(live.Properties["ManagedPolicyArns"]) {
		if !named(steps, plan.StepDetachPolicy, arn) {
			return needs(plan.StepDetachPolicy, arn)
		}
		p.detach(b, props{p.member: live.Ref.ID, "PolicyArn": arn})
	}
	_, names, err := inline(live.Properties["Policies"])
	if err != nil {
		return err
	}
	for _, policy := range names {
		if !named(steps, plan.StepDeleteInlinePolicy, policy) {
			return needs(plan.StepDeleteInlinePolicy, policy)
		}
		p.remove(b, props{p.member: live.Ref.ID, "PolicyName": policy})
	}
	return nil
}
