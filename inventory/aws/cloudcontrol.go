package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudcontrol"
	"github.com/aws/aws-sdk-go-v2/service/cloudcontrol/types"
	"github.com/aws/smithy-go"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// The Cloud Control API lists and describes, in CloudFormation shape and under one pair of
// calls, most of the types that no file here reads. It is the way for the long tail: slower
// than a service's own calls, one call for each resource, and with two doubts.
//
//   - What a type's handler leaves out of its answer looks the same as what is not set.
//     Handlers must return everything that is set and not write-only, so an absent
//     property counts as not set, and only write-only properties are unread.
//   - A few types can only be listed below a parent (their handler wants a resource
//     model), and some not at all. Those are gaps with the reason unsupported.
//
// The emulator of the tests has no Cloud Control. This file is tested against a server
// of our own, written from the published model of the API, and has not been run against AWS.

// cloudControlCalls are the calls for every type that is read this way. They are made
// with the rights of the caller: the type's own list and read actions are needed as well.
var cloudControlCalls = map[string]string{
	"CloudControl.ListResources": "cloudformation:ListResources",
	"CloudControl.GetResource":   "cloudformation:GetResource",
}

// globalServices are those whose resources Cloud Control lists in the partition's home region
// alone, because they have no regions. Source: the services' pages in the AWS General
// Reference.
var globalServices = []string{
	"AWS::Billing::", "AWS::BillingConductor::", "AWS::Budgets::", "AWS::CE::", "AWS::CloudFront::", "AWS::CUR::", "AWS::GlobalAccelerator::",
	"AWS::IAM::", "AWS::NetworkManager::", "AWS::Organizations::", "AWS::Route53::", "AWS::Shield::",
}

// cloudControlReader returns the reader of a type that has none of its own.
func cloudControlReader(t *schema.Type) *Reader {
	var reads []string
	for name := range t.Root.Properties {
		if pointer := "/" + schema.EscapePointer(name); !t.IsWriteOnly(pointer) {
			reads = append(reads, pointer)
		}
	}
	slices.Sort(reads)
	return &Reader{
		Type:   t.Name,
		Global: slices.ContainsFunc(globalServices, func(prefix string) bool { return strings.HasPrefix(t.Name, prefix) }),
		Calls:  cloudControlCalls,
		Reads:  reads,
		list:   listByCloudControl,
	}
}

func listByCloudControl(ctx context.Context, c *cell) error {
	client := cloudcontrol.NewFromConfig(c.cfg, func(o *cloudcontrol.Options) {
		if c.reader.Global {
			o.Region = homeRegion(c.partition)
		}
	})
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListResources(ctx, &cloudcontrol.ListResourcesInput{TypeName: &c.reader.Type, NextToken: token})
		if err != nil {
			return 0, nil, wantsParent(err)
		}
		for _, listed := range out.ResourceDescriptions {
			if sdk.ToString(listed.Identifier) == "" {
				return 0, nil, fmt.Errorf("CloudControl.ListResources: %w: a resource has no identifier", errAnswer)
			}
		}
		each(out.ResourceDescriptions, func(listed types.ResourceDescription) { c.describe(ctx, client, listed) })
		return len(out.ResourceDescriptions), out.NextToken, nil
	})
}

// describe emits one listed resource. Lists may hold identifiers alone.
func (c *cell) describe(ctx context.Context, client *cloudcontrol.Client, listed types.ResourceDescription) {
	it := c.item(*listed.Identifier, "")
	props, err := cloudControlProperties(listed)
	unread := c.missing(props)
	if err != nil || len(unread) > 0 {
		var out *cloudcontrol.GetResourceOutput
		out, err = client.GetResource(ctx, &cloudcontrol.GetResourceInput{TypeName: &c.reader.Type, Identifier: listed.Identifier})
		if gone(err, "ResourceNotFoundException") {
			return
		}
		if err == nil && out.ResourceDescription == nil {
			err = fmt.Errorf("CloudControl.GetResource: %w: it describes no resource", errAnswer)
		}
		var described map[string]any
		if err == nil {
			described, err = cloudControlProperties(*out.ResourceDescription)
		}
		if it.read(err, unread...) {
			props, unread = described, nil
		}
	}
	t := c.form.schema
	props, _ = visible(t, "", props).(map[string]any)
	maps.Copy(it.props, props)
	if t.TagProperty == "" || !slices.Contains(unread, "/"+schema.SplitPointer(t.TagProperty)[0]) {
		it.Tags, it.UnknownTags = inventory.TagsOf(t, props)
	}
	it.State = inventory.LifecycleState(c.reader.Type, props)
	if it.ARN, _ = props["Arn"].(string); it.ARN == "" && strings.HasPrefix(it.Ref.ID, "arn:") {
		it.ARN = it.Ref.ID
	}
	c.emit(it)
}

// missing returns pointers to the readable properties that props does not hold.
func (c *cell) missing(props map[string]any) []string {
	return slices.DeleteFunc(slices.Clone(c.reader.Reads), func(pointer string) bool {
		_, there := props[schema.SplitPointer(pointer)[0]]
		return there
	})
}

// visible leaves out what is write-only: where a handler repeats it all the same, the value is
// what was once written and not what is there.
func visible(t *schema.Type, pointer string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, e := range v {
			if below := pointer + "/" + schema.EscapePointer(name); !t.IsWriteOnly(below) {
				kept[name] = visible(t, below, e)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, e := range v {
			kept[i] = visible(t, fmt.Sprintf("%s/%d", pointer, i), e)
		}
		return kept
	}
	return v
}

// cloudControlProperties reads the properties of a resource, which come as a JSON text.
func cloudControlProperties(r types.ResourceDescription) (map[string]any, error) {
	props, ok := document(r.Properties, false).(map[string]any)
	if !ok {
		return nil, fmt.Errorf("CloudControl: %w: the properties are no JSON object", errAnswer)
	}
	return props, nil
}

// wantsParent tells the types that are listed below a parent from requests that are wrong
// otherwise: only the words of the answer differ.
func wantsParent(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "InvalidRequestException" ||
		!strings.Contains(api.ErrorMessage(), "ResourceModel") && !strings.Contains(api.ErrorMessage(), "Required property") {
		return err
	}
	return &smithy.OperationError{ServiceID: "CloudControl", OperationName: "ListResources", Err: &smithy.GenericAPIError{
		Code: "UnsupportedActionException", Message: "this type can only be listed below a parent resource: " + api.ErrorMessage(),
	}}
}
