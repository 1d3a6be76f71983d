package aws

import (
	"context"
	"encoding/base64"
	"unicode/utf8"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

func init() {
	register(Reader{
		Type: "AWS::WAFv2::WebACL",
		Calls: map[string]string{
			"WAFV2.ListWebACLs":         "wafv2:ListWebACLs",
			"WAFV2.GetWebACL":           "wafv2:GetWebACL",
			"WAFV2.ListTagsForResource": "wafv2:ListTagsForResource",
		},
		Reads:    append([]string{"/Arn", "/Id", "/Name", "/Scope", "/Tags"}, describedWebACL...),
		BulkTags: "wafv2",
		list:     listWebACLs,
	})
}

// describedWebACL is what the list does not tell, or leaves empty.
var describedWebACL = []string{
	"/ApplicationConfig", "/AssociationConfig", "/Capacity", "/CaptchaConfig", "/ChallengeConfig", "/CustomResponseBodies",
	"/DataProtectionConfig", "/DefaultAction", "/Description", "/LabelNamespace", "/OnSourceDDoSProtectionConfig", "/Rules",
	"/TokenDomains", "/VisibilityConfig",
}

// listWebACLs lists the web ACLs of the region, and in us-east-1, where they live, those
// of CloudFront too.
func listWebACLs(ctx context.Context, c *cell) error {
	client := wafv2.NewFromConfig(c.cfg)
	scopes := []types.Scope{types.ScopeRegional}
	if c.region == "us-east-1" {
		scopes = append(scopes, types.ScopeCloudfront)
	}
	for _, scope := range scopes {
		err := pages(func(token *string) (int, *string, error) {
			out, err := client.ListWebACLs(ctx, &wafv2.ListWebACLsInput{Scope: scope, NextMarker: token, Limit: sdk.Int32(100)})
			if err != nil {
				return 0, nil, err
			}
			c.bulkTags(ctx, len(out.WebACLs))
			each(out.WebACLs, func(w types.WebACLSummary) { c.webACL(ctx, client, scope, w) })
			return len(out.WebACLs), out.NextMarker, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *cell) webACL(ctx context.Context, client *wafv2.Client, scope types.Scope, w types.WebACLSummary) {
	it := c.item(sdk.ToString(w.Name)+"|"+sdk.ToString(w.Id)+"|"+string(scope), sdk.ToString(w.ARN))
	it.set("Name", w.Name)
	it.set("Id", w.Id)
	it.set("Arn", w.ARN)
	it.set("Scope", scope)
	const notThere = "WAFNonexistentItemException"

	out, err := client.GetWebACL(ctx, &wafv2.GetWebACLInput{Name: w.Name, Id: w.Id, Scope: scope})
	if gone(err, notThere) {
		return
	}
	if it.read(err, describedWebACL...) && out.WebACL != nil {
		acl := out.WebACL
		it.merge(acl, nil)
		rules := []any{}
		for _, r := range acl.Rules {
			rule, _ := plain(r).(map[string]any)
			searchTexts(rule["Statement"], r.Statement)
			rules = append(rules, rule)
		}
		it.set("Rules", rules)
		if sdk.ToString(acl.Description) == "" {
			delete(it.props, "Description") // an empty text means none
		}
		it.respell()
		if acl.ManagedByFirewallManager {
			it.Foreign = "managed by AWS Firewall Manager"
		}
	}
	if !it.taggedInBulk() {
		var tags []types.Tag
		err := pages(func(token *string) (int, *string, error) {
			out, err := client.ListTagsForResource(ctx, &wafv2.ListTagsForResourceInput{ResourceARN: w.ARN, NextMarker: token, Limit: sdk.Int32(100)})
			if err != nil || out.TagInfoForResource == nil {
				return 0, nil, err
			}
			tags = append(tags, out.TagInfoForResource.TagList...)
			return len(out.TagInfoForResource.TagList), out.NextMarker, nil
		})
		if gone(err, notThere) {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(tags)
		}
	}
	c.emit(it)
}

// searchTexts gives the plain form of a statement, and of those below it, the text that
// it looks for. It is bytes in the API, which no property is made of; CloudFormation has
// text, and another property for bytes that are none.
func searchTexts(statement any, s *types.Statement) {
	object, ok := statement.(map[string]any)
	if !ok || s == nil {
		return
	}
	below := func(name string) map[string]any {
		child, _ := object[name].(map[string]any)
		return child
	}
	list := func(name string, statements []types.Statement) {
		plains, _ := below(name)["Statements"].([]any)
		for i := range min(len(plains), len(statements)) {
			searchTexts(plains[i], &statements[i])
		}
	}
	if m := s.ByteMatchStatement; m != nil {
		match := below("ByteMatchStatement")
		delete(match, "SearchString")
		if utf8.Valid(m.SearchString) {
			match["SearchString"] = string(m.SearchString)
		} else {
			match["SearchStringBase64"] = base64.StdEncoding.EncodeToString(m.SearchString)
		}
	}
	if s.AndStatement != nil {
		list("AndStatement", s.AndStatement.Statements)
	}
	if s.OrStatement != nil {
		list("OrStatement", s.OrStatement.Statements)
	}
	if s.NotStatement != nil {
		searchTexts(below("NotStatement")["Statement"], s.NotStatement.Statement)
	}
	if s.RateBasedStatement != nil {
		searchTexts(below("RateBasedStatement")["ScopeDownStatement"], s.RateBasedStatement.ScopeDownStatement)
	}
	if s.ManagedRuleGroupStatement != nil {
		searchTexts(below("ManagedRuleGroupStatement")["ScopeDownStatement"], s.ManagedRuleGroupStatement.ScopeDownStatement)
	}
}
