package aws

import (
	"context"
	"fmt"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func init() {
	register(Reader{
		Type: "AWS::Lambda::Permission",
		Calls: map[string]string{
			"Lambda.ListFunctions": "lambda:ListFunctions",
			"Lambda.GetPolicy":     "lambda:GetPolicy",
		},
		Reads: []string{
			"/Action", "/EventSourceToken", "/FunctionName", "/FunctionUrlAuthType", "/Id", "/InvokedViaFunctionUrl",
			"/Principal", "/PrincipalOrgID", "/SourceAccount", "/SourceArn",
		},
		list: listPermissions,
	})
}

// listPermissions emits a permission for each statement of each function's policy. The
// policies of single versions and aliases are not read: they would take a call for each
// version that was ever published. Where a policy cannot be read, only the gap says so.
func listPermissions(ctx context.Context, c *cell) error {
	client := lambda.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListFunctions(ctx, &lambda.ListFunctionsInput{Marker: token})
		if err != nil {
			return 0, nil, err
		}
		each(out.Functions, func(f types.FunctionConfiguration) {
			name := sdk.ToString(f.FunctionName)
			policy, err := client.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: &name})
			if err == nil {
				err = c.permissions(name, policy.Policy)
			}
			if err != nil && !gone(err, "ResourceNotFoundException") {
				c.fault(err, name)
			}
		})
		return len(out.Functions), out.NextMarker, nil
	})
}

func (c *cell) permissions(function string, policy *string) error {
	whole, _ := document(policy, false).(map[string]any)
	statements, ok := whole["Statement"].([]any)
	if !ok {
		return fmt.Errorf("Lambda.GetPolicy: %w: the policy has no statements", errAnswer)
	}
	for _, s := range statements {
		statement, _ := s.(map[string]any)
		sid, _ := statement["Sid"].(string)
		if sid == "" {
			return fmt.Errorf("Lambda.GetPolicy: %w: a statement has no id", errAnswer)
		}
		it := c.item(function+"|"+sid, "")
		it.set("Id", sid)
		it.set("FunctionName", function)
		it.set("Action", statement["Action"])
		it.set("Principal", permittedPrincipal(statement["Principal"]))
		conditions, _ := statement["Condition"].(map[string]any)
		for _, operator := range conditions {
			keys, _ := operator.(map[string]any)
			for key, value := range keys {
				// Condition keys do not mind capitals.
				if property := permissionConditions[strings.ToLower(key)]; property != "" {
					it.set(property, value)
				}
			}
		}
		it.tag(nil) // a permission cannot have tags
		c.emit(it)
	}
	return nil
}

// permissionConditions are the conditions that Lambda writes for a permission, by their
// key in small letters.
var permissionConditions = map[string]string{
	"aws:sourcearn":                "SourceArn",
	"aws:sourceaccount":            "SourceAccount",
	"aws:principalorgid":           "PrincipalOrgID",
	"lambda:eventsourcetoken":      "EventSourceToken",
	"lambda:functionurlauthtype":   "FunctionUrlAuthType",
	"lambda:invokedviafunctionurl": "InvokedViaFunctionUrl",
}

// permittedPrincipal writes the principal of a statement as a permission has it: one
// text, and an account by its number.
func permittedPrincipal(v any) any {
	if object, ok := v.(map[string]any); ok {
		for _, kind := range []string{"Service", "AWS", "Federated"} {
			if object[kind] != nil {
				v = object[kind]
				break
			}
		}
	}
	if text, ok := v.(string); ok {
		if a, err := arn.Parse(text); err == nil && a.Service == "iam" && a.Resource == "root" {
			return a.AccountID
		}
	}
	return v
}
