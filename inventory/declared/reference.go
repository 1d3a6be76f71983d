package declared

import (
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// refProperties says which declared property Ref yields for types whose Ref is not
// their primary identifier (the "Return values" of each type in the CloudFormation
// resource reference). Empty: Ref is a name that CloudFormation generates.
var refProperties = map[string]string{
	"AWS::ApiGateway::Model":                 "Name",
	"AWS::ApiGateway::Stage":                 "StageName",
	"AWS::ApiGatewayV2::Stage":               "StageName",
	"AWS::Cognito::UserPoolGroup":            "GroupName",
	"AWS::Cognito::UserPoolIdentityProvider": "ProviderName",
	"AWS::Cognito::UserPoolResourceServer":   "Identifier",
	"AWS::Cognito::UserPoolUser":             "Username",
	"AWS::ECS::CapacityProvider":             "Name",
	"AWS::Events::Rule":                      "Name",
	"AWS::IAM::Policy":                       "PolicyName",
	"AWS::Logs::LogStream":                   "LogStreamName",
	"AWS::Logs::MetricFilter":                "FilterName",
	"AWS::Logs::SubscriptionFilter":          "FilterName",
	"AWS::Route53::RecordSet":                "Name",
	"AWS::S3::BucketPolicy":                  "",
	"AWS::SNS::TopicInlinePolicy":            "",
	"AWS::SQS::QueueInlinePolicy":            "",
	"AWS::WAFv2::LoggingConfiguration":       "",
}

// declares reports whether a name can be referred to.
func (e *evaluator) declares(name string) bool {
	_, parameter := e.parameters[name]
	_, input := e.inputs[name]
	_, resource := e.resources[name]
	return parameter || input || resource
}

// label is the name of a resource in reports and in inventory.Unknown.Target: the
// particle's name.
func (e *evaluator) label(name string) string {
	if t, ok := e.resources[name]; ok && t.label != "" {
		return t.label
	}
	return name
}

// refResource returns what Ref yields for a resource: the identifier that it declares
// itself, where Ref is that; otherwise an unknown that names the resource. Such an unknown
// has no prefix or suffix of its own, although part of a name may be known: those say what
// stands around the reference, as in !Sub "${Bucket.Arn}/*", and a rule that follows the
// reference needs exactly that.
func (e *evaluator) refResource(name string, t *target) any {
	label := e.label(name)
	u := &inventory.Unknown{Because: "the id of " + name + " is assigned at deployment", Symbol: "Ref " + label, Target: label}
	property, known := refProperties[t.typ]
	if !known {
		if id := e.writtenID(name, t); id != "" {
			return id
		}
		property = identifyingProperty(t.typ)
	}
	if property == "" {
		return u
	}
	switch v := e.propertyOf(name, t, property).(type) {
	case string:
		if v != "" {
			return v
		}
	case *inventory.Unknown:
		u.Because, u.Sensitive = v.Because, v.Sensitive
	}
	return u
}

// writtenID is the `id:` of a particle, where it is known and has one part.
func (e *evaluator) writtenID(name string, t *target) string {
	if t.id == nil || e.visiting[name] {
		return ""
	}
	e.visiting[name] = true
	defer delete(e.visiting, name)
	id, ok := e.eval(t.id, nil, "").(string)
	if !ok || strings.Contains(id, "|") {
		return ""
	}
	return id
}

// identifyingProperty is the one declarable property that identifies resources of a
// type; "" when AWS assigns the identifier or when it has several parts.
func identifyingProperty(typ string) string {
	t, ok := schema.Lookup(typ)
	if !ok || len(t.PrimaryIdentifier) != 1 || t.IsReadOnly(t.PrimaryIdentifier[0]) {
		return ""
	}
	property := strings.TrimPrefix(t.PrimaryIdentifier[0], "/")
	if strings.Contains(property, "/") {
		return ""
	}
	return property
}

// propertyOf evaluates one property of a resource that is referred to; nil when it is
// not declared or leads back to itself.
func (e *evaluator) propertyOf(name string, t *target, property string) any {
	if e.visiting[name] {
		return nil
	}
	e.visiting[name] = true
	defer delete(e.visiting, name)
	v, ok := t.property(property)
	if !ok || isAbsent(v) {
		return nil
	}
	if schemaType, known := schema.Lookup(t.typ); known {
		return schema.Coerce(schemaType, map[string]any{property: v})[property]
	}
	return v
}

// attribute returns what Fn::GetAtt yields.
func (e *evaluator) attribute(name, attribute string) any {
	label := name + "." + attribute
	u := &inventory.Unknown{Because: label + " is assigned at deployment", Symbol: "GetAtt " + e.label(name) + "." + attribute, Target: e.label(name)}
	t, ok := e.resources[name]
	if !ok {
		if _, isInput := e.inputs[name]; isInput {
			u.Because = label + " is not looked up"
			return u
		}
		return &inventory.Unknown{Because: name + " is not declared"} // told by checkNames
	}
	e.refers[e.label(name)] = true
	if output, is := strings.CutPrefix(attribute, "Outputs."); is && t.typ == stackType {
		return e.output(name, t, output)
	}
	if arn, ok := e.arn(name, t, attribute); ok {
		if partly, unknown := arn.(*inventory.Unknown); unknown {
			u.Because, u.Sensitive = partly.Because, partly.Sensitive
			return u
		}
		return arn
	}
	// An attribute that mirrors a declared property has its value.
	schemaType, known := schema.Lookup(t.typ)
	pointer := "/" + strings.ReplaceAll(attribute, ".", "/")
	if !known || schemaType.IsReadOnly(pointer) {
		return u
	}
	if _, declarable := schemaType.At(pointer); !declarable {
		return u
	}
	property, rest, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	if rest != "" {
		rest = "/" + rest
	}
	switch v, _ := inventory.At(e.propertyOf(name, t, property), rest); v := v.(type) {
	case string, bool, int64, float64:
		return v
	case *inventory.Unknown:
		u.Because, u.Sensitive = v.Because, v.Sensitive
	}
	return u
}

// arnForm is how the ARN of a type follows from its name
// (https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html).
type arnForm struct {
	attribute string
	name      string // the property that names the resource
	service   string
	local     bool   // the ARN holds region and account
	before    string // what stands between them and the name
	after     string
}

var arnForms = map[string]arnForm{
	"AWS::S3::Bucket":       {"Arn", "BucketName", "s3", false, "", ""},
	"AWS::SQS::Queue":       {"Arn", "QueueName", "sqs", true, "", ""},
	"AWS::SNS::Topic":       {"TopicArn", "TopicName", "sns", true, "", ""},
	"AWS::Lambda::Function": {"Arn", "FunctionName", "lambda", true, "function:", ""},
	"AWS::DynamoDB::Table":  {"Arn", "TableName", "dynamodb", true, "table/", ""},
	"AWS::Logs::LogGroup":   {"Arn", "LogGroupName", "logs", true, "log-group:", ":*"},
	"AWS::IAM::Role":        {"Arn", "RoleName", "iam", false, "role", ""},
}

// arn builds the ARN of a resource whose name is declared; ok is false when the
// attribute is no ARN of the list above or when the name is AWS's to choose. It is unknown
// as long as the partition, or an account or region that stands in it, is.
func (e *evaluator) arn(name string, t *target, attribute string) (arn any, ok bool) {
	form, listed := arnForms[t.typ]
	if !listed || form.attribute != attribute {
		return nil, false
	}
	own := e.propertyOf(name, t, form.name)
	switch v := own.(type) {
	case string:
		if v == "" {
			return nil, false
		}
	case *inventory.Unknown:
	default:
		return nil, false
	}
	parts := []any{"arn:", e.ref("AWS::Partition"), ":" + form.service + ":"}
	switch {
	case form.local:
		parts = append(parts, e.ref("AWS::Region"), ":", e.ref("AWS::AccountId"), ":"+form.before)
	case form.service == "iam":
		path := e.propertyOf(name, t, "Path")
		if path == nil || path == "" {
			path = "/"
		}
		parts = append(parts, ":", e.ref("AWS::AccountId"), ":"+form.before, path)
	default:
		parts = append(parts, "::")
	}
	return concat(append(parts, own, form.after)), true
}
