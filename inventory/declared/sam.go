package declared

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// The Serverless Application Model is a macro of AWS that makes ordinary resources out of
// short ones. What it makes is documented in
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
// and is written out here, as far as rules look at it, so that a function, its role and its
// public URL are judged before they are deployed. What is left out is said (NotJudged), and
// what SAM computes is unknown.
const (
	samTransform    = "AWS::Serverless-2016-10-31"
	samTypes        = "AWS::Serverless::"
	applicationType = samTypes + "Application"
)

func isSAM(root *node) bool { return hasTransform(root, samTransform) }

// A samResource is one AWS::Serverless:: resource on its way to ordinary ones.
type samResource struct {
	*expansion
	field
	props *node
	used  map[string]bool
}

// An expansion is the list of resources that replaces that of the template.
type expansion struct {
	s    *stack
	out  *node
	seen fieldSet
	// notified are the buckets whose notifications SAM sets.
	notified []string
	implicit map[string]*node // the APIs that events make by themselves, and where the first one stands
}

// samKinds are the types that are written out.
var samKinds = map[string]func(*samResource){
	"Function": samFunction, "SimpleTable": samTable, "Api": samAPI, "HttpApi": samHTTPAPI,
	"LayerVersion": samLayer, "StateMachine": samStateMachine, "Application": samApplication,
}

// expandSAM replaces the resources of the template by what SAM makes of them.
func (s *stack) expandSAM(globals *node) {
	s.sam = true
	x := &expansion{s: s, out: &node{kind: mapNode, line: s.resources.line, column: s.resources.column}, implicit: map[string]*node{}}
	for _, f := range s.resources.fields {
		typ := f.value.get("Type")
		if !typ.isText() || !strings.HasPrefix(typ.text, samTypes) {
			x.add(f)
			continue
		}
		s.unseen = append(s.unseen, f.name) // what SAM makes of it begins with its name
		kind := strings.TrimPrefix(typ.text, samTypes)
		expand, known := samKinds[kind]
		if !known {
			x.leaveOut(f, typ.text, f.name, "pcf-scan does not know what SAM makes of it")
			continue
		}
		props := f.value.get("Properties")
		if props == nil {
			props = mapOf(f.value)
		}
		if ignored := f.value.get("IgnoreGlobals"); ignored == nil || ignored.text != "*" {
			own := globals.get(kind)
			if ignored != nil && own != nil {
				kept := *own
				kept.fields = slices.DeleteFunc(slices.Clone(own.fields), func(g field) bool {
					return slices.ContainsFunc(ignored.items, func(n *node) bool { return n.text == g.name })
				})
				own = &kept
			}
			props = mergeGlobals(own, props)
		}
		expand(&samResource{expansion: x, field: f, props: props, used: map[string]bool{}})
	}
	x.addImplicit()
	for i, f := range x.out.fields {
		if props := f.value.get("Properties"); slices.Contains(x.notified, f.name) {
			value := withField(f.value, pair("Properties", withField(cmp.Or(props, mapOf(f.value)), pair("NotificationConfiguration", unknownNode(f.value)))))
			x.out.fields[i].value = value
		}
	}
	s.resources = x.out
}

// add adds a resource, unless its name is taken: then the one that is written stays.
func (x *expansion) add(f field) {
	if _, taken := x.seen.has(x.out, f.name); !taken {
		x.out.fields = append(x.out.fields, f)
	}
}

// leaveOut notes something that SAM makes and that is not judged.
func (x *expansion) leaveOut(at field, typ, name, because string) {
	x.s.r.decl.NotJudged = append(x.s.r.decl.NotJudged, inventory.NotJudged{
		Type: typ, Name: name, Because: because, Position: x.s.doc.atKey(at),
	})
	app := x.s.home.app
	app.Incomplete = cmp.Or(app.Incomplete, name+" ("+typ+") is not written out: "+because)
}

// mergeGlobals puts the Globals of a type under the properties of a resource: mappings are
// joined, lists appended, anything else is the resource's own.
func mergeGlobals(global, own *node) *node {
	if global == nil || own == nil {
		return cmp.Or(own, global)
	}
	_, _, computed := own.call()
	_, _, computedToo := global.call()
	switch {
	case computed || computedToo || global.kind != own.kind:
		return own
	case own.kind == listNode:
		out := *own
		out.items = slices.Concat(global.items, own.items)
		return &out
	case own.kind == mapNode:
		out := *own
		out.fields = nil
		for _, f := range own.fields {
			f.value = mergeGlobals(global.get(f.name), f.value)
			out.fields = append(out.fields, f)
		}
		for _, f := range global.fields {
			if _, has := own.field(f.name); !has {
				out.fields = append(out.fields, f)
			}
		}
		return &out
	}
	return own
}

// Nodes that SAM makes stand where the text stands that they are made from.

func textNode(at *node, text string) *node {
	return &node{kind: stringNode, text: text, line: at.line, column: at.column}
}

func boolNodeOf(at *node, v bool) *node {
	return &node{kind: boolNode, text: strconv.FormatBool(v), line: at.line, column: at.column}
}

func listOf(at *node, items ...*node) *node {
	return &node{kind: listNode, items: items, line: at.line, column: at.column}
}

// mapOf leaves out fields without a value.
func mapOf(at *node, fields ...field) *node {
	fields = slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return f.value == nil })
	return &node{kind: mapNode, fields: fields, line: at.line, column: at.column}
}

func pair(name string, value *node) field {
	if value == nil {
		return field{name: name}
	}
	return field{name: name, line: value.line, column: value.column, value: value}
}

func callNode(at *node, function, text string) *node {
	return mapOf(at, pair(function, textNode(at, text)))
}

// unknownNode is a value that SAM computes.
func unknownNode(at *node) *node {
	return mapOf(at, pair("Fn::Transform", mapOf(at, pair("Name", textNode(at, samTransform)))))
}

// withField returns a copy of a mapping in which one field is set.
func withField(n *node, f field) *node {
	out := *n
	out.fields = append(slices.DeleteFunc(slices.Clone(n.fields), func(o field) bool { return o.name == f.name }), f)
	return &out
}

// take returns a property and marks it as read.
func (x *samResource) take(name string) *node {
	x.used[name] = true
	f, ok := x.props.field(name)
	if !ok {
		return nil
	}
	return f.value
}

// as is a property under the name that the ordinary resource has for it.
func (x *samResource) as(name, own string) field {
	value := x.take(own)
	f, _ := x.props.field(own)
	return field{name: name, line: f.line, column: f.column, value: value}
}

// ignore marks properties that change nothing of what is judged.
func (x *samResource) ignore(names ...string) {
	for _, name := range names {
		x.used[name] = true
	}
}

// main adds the resource under its own name. Properties that SAM passes on stay as they
// are; those that nothing here understands make the whole resource unknown.
func (x *samResource) main(typ string, fields ...field) {
	t, _ := schema.Lookup(typ)
	strange := false
	for _, f := range x.props.fields {
		if x.used[f.name] {
			continue
		}
		if t != nil && t.Root.Properties[f.name] != nil {
			fields = append(fields, f)
			continue
		}
		strange = true
		x.s.r.warn(x.s.doc.atKey(f), "property "+f.name+" of "+x.name+" is not known, so neither is what SAM makes of it", newer)
	}
	x.generate(x.name, typ, strange, fields...)
}

// made adds a resource that SAM generates beside the main one.
func (x *samResource) made(name, typ string, fields ...field) {
	x.generate(name, typ, false, fields...)
}

func (x *samResource) generate(name, typ string, strange bool, fields ...field) {
	at := x.value
	attributes := []field{pair("Type", textNode(cmp.Or(at.get("Type"), at), typ))}
	for _, kept := range []string{"Condition", "Metadata"} {
		if f, ok := at.field(kept); ok {
			attributes = append(attributes, f)
		}
	}
	if name == x.name {
		for _, kept := range []string{"DependsOn", "DeletionPolicy", "UpdateReplacePolicy"} {
			if f, ok := at.field(kept); ok {
				attributes = append(attributes, f)
			}
		}
	}
	if strange {
		attributes = append(attributes, pair("Fn::Transform", mapOf(at, pair("Name", textNode(at, samTransform)))))
	}
	body := mapOf(at, fields...)
	if p := at.get("Properties"); p != nil {
		body.line, body.column = p.line, p.column
	}
	attributes = append(attributes, pair("Properties", body))
	x.add(field{name: name, line: x.line, column: x.column, value: mapOf(at, attributes...)})
}

// tags are the tags of a SAM resource, a mapping, as a list; SAM adds one of its own.
func (x *samResource) tags(name, mark string) field {
	x.used["PropagateTags"] = true
	var items []*node
	own := x.take(name)
	if _, _, computed := own.call(); own != nil && (computed || own.kind != mapNode) {
		return pair("Tags", own)
	}
	if mark != "" {
		items = append(items, mapOf(x.value, pair("Key", textNode(x.value, mark)), pair("Value", textNode(x.value, "SAM"))))
	}
	for _, f := range own.fieldsOf() {
		items = append(items, mapOf(f.value, field{name: "Key", line: f.line, column: f.column, value: textNode(f.value, f.name)}, pair("Value", f.value)))
	}
	if len(items) == 0 {
		return field{}
	}
	return pair("Tags", listOf(cmp.Or(own, x.value), items...))
}

func samFunction(x *samResource) {
	at := x.value
	tags := x.tags("Tags", "lambda:createdBy")
	code := mapOf(at, pair("ZipFile", x.take("InlineCode")))
	if uri := x.take("ImageUri"); uri != nil {
		code = mapOf(uri, pair("ImageUri", uri))
	} else if uri := x.take("CodeUri"); uri != nil && len(code.fields) == 0 {
		code = mapOf(uri, pair("S3Bucket", unknownNode(uri)), pair("S3Key", unknownNode(uri)))
	} else if len(code.fields) == 0 {
		code = unknownNode(at)
	}
	tracing := x.take("Tracing")
	var tracingConfig *node
	if tracing != nil {
		tracingConfig = mapOf(tracing, pair("Mode", tracing))
	}
	var deadLetter *node
	if queue := x.take("DeadLetterQueue"); queue != nil {
		deadLetter = mapOf(queue, pair("TargetArn", queue.get("TargetArn")))
	}
	role := x.take("Role")
	managed := []string{"service-role/AWSLambdaBasicExecutionRole"}
	if x.props.get("VpcConfig") != nil {
		managed = append(managed, "service-role/AWSLambdaVPCAccessExecutionRole")
	}
	if tracing != nil {
		managed = append(managed, "AWSXrayWriteOnlyAccess")
	}
	managed = append(managed, x.events()...)
	if role == nil {
		x.role("lambda.amazonaws.com", managed, tags)
		role = callNode(at, "Fn::GetAtt", x.name+"Role.Arn")
	} else {
		x.ignore("Policies", "AssumeRolePolicyDocument", "PermissionsBoundary", "RolePath")
	}
	if url := x.take("FunctionUrlConfig"); url != nil {
		x.functionURL(url)
	}
	if config := x.take("EventInvokeConfig"); config != nil {
		x.made(x.name+"EventInvokeConfig", "AWS::Lambda::EventInvokeConfig",
			pair("FunctionName", callNode(at, "Ref", x.name)), pair("Qualifier", unknownNode(at)),
			pair("MaximumEventAgeInSeconds", config.get("MaximumEventAgeInSeconds")), pair("MaximumRetryAttempts", config.get("MaximumRetryAttempts")),
			pair("DestinationConfig", present(config.get("DestinationConfig"))))
	}
	if alias := x.take("AutoPublishAlias"); alias != nil {
		x.made(x.name+"Version", "AWS::Lambda::Version", pair("FunctionName", callNode(at, "Ref", x.name)))
		suffix := "Alias"
		if alias.isText() {
			suffix += alias.text
		}
		x.made(x.name+suffix, "AWS::Lambda::Alias", pair("Name", alias), pair("FunctionName", callNode(at, "Ref", x.name)),
			pair("FunctionVersion", unknownNode(at)), x.as("ProvisionedConcurrencyConfig", "ProvisionedConcurrencyConfig"))
	}
	x.ignore("DeploymentPreference", "AutoPublishCodeSha256", "AutoPublishAliasAllProperties", "VersionDescription", "VersionDeletionPolicy", "ProvisionedConcurrencyConfig", "CodeUri", "PublishToLatestPublished")
	x.main("AWS::Lambda::Function", field{name: "Code", line: code.line, column: code.column, value: code}, pair("Role", role), tags,
		pair("TracingConfig", tracingConfig), pair("DeadLetterConfig", deadLetter))
}

// present is a value of which only that it is there is known; nil for nil.
func present(n *node) *node {
	if n == nil {
		return nil
	}
	return unknownNode(n)
}

// functionURL adds the public address of a function, and the permission that opens it.
func (x *samResource) functionURL(config *node) {
	at := config
	target := callNode(at, "Ref", x.name)
	qualifier := x.props.get("AutoPublishAlias")
	auth := cmp.Or(config.get("AuthType"), unknownNode(at))
	x.made(x.name+"Url", "AWS::Lambda::Url", pair("TargetFunctionArn", target), pair("Qualifier", qualifier),
		pair("AuthType", auth), pair("Cors", config.get("Cors")), pair("InvokeMode", config.get("InvokeMode")))
	if auth.isText() && auth.text != "NONE" {
		return
	}
	principal := textNode(auth, "*")
	if !auth.isText() { // whether there is a permission at all is not known
		principal = unknownNode(at)
	}
	x.made(x.name+"UrlPublicPermissions", "AWS::Lambda::Permission", pair("Action", textNode(at, "lambda:InvokeFunctionUrl")),
		pair("FunctionName", target), pair("Principal", principal), pair("FunctionUrlAuthType", auth))
}

// role adds the role that SAM makes for a function or a state machine.
func (x *samResource) role(service string, managed []string, tags field) {
	at := x.value
	trust := x.take("AssumeRolePolicyDocument")
	if trust == nil {
		trust = mapOf(at, pair("Version", textNode(at, "2012-10-17")), pair("Statement", listOf(at, mapOf(at,
			pair("Action", listOf(at, textNode(at, "sts:AssumeRole"))), pair("Effect", textNode(at, "Allow")),
			pair("Principal", mapOf(at, pair("Service", listOf(at, textNode(at, service)))))))))
	}
	var arns, inline []*node
	for _, name := range managed {
		arns = append(arns, callNode(at, "Fn::Sub", "arn:${AWS::Partition}:iam::aws:policy/"+name))
	}
	policies := x.take("Policies")
	for i, p := range policies.each() {
		_, _, computed := p.call()
		name := pair("PolicyName", textNode(p, x.name+"RolePolicy"+strconv.Itoa(i)))
		switch {
		case p.isText() && !strings.Contains(p.text, ":"):
			arns = append(arns, callNode(p, "Fn::Sub", "arn:${AWS::Partition}:iam::aws:policy/"+p.text))
		case p.isScalar() || computed:
			arns = append(arns, p)
		case p.get("Statement") != nil:
			inline = append(inline, mapOf(p, name, pair("PolicyDocument", p)))
		default: // a policy template of SAM
			inline = append(inline, mapOf(p, name, pair("PolicyDocument", unknownNode(p))))
		}
	}
	fields := []field{
		pair("AssumeRolePolicyDocument", trust), x.as("PermissionsBoundary", "PermissionsBoundary"), x.as("Path", "RolePath"), tags,
	}
	if len(arns) > 0 {
		fields = append(fields, pair("ManagedPolicyArns", listOf(at, arns...)))
	}
	if len(inline) > 0 {
		fields = append(fields, pair("Policies", listOf(cmp.Or(policies, at), inline...)))
	}
	x.made(x.name+"Role", "AWS::IAM::Role", fields...)
}

// each returns the elements of a list, or a single value as the only one.
func (n *node) each() []*node {
	switch {
	case n == nil || n.kind == nullNode:
		return nil
	case n.kind == listNode:
		return n.items
	}
	return []*node{n}
}

// permission lets a service call the function.
func (x *samResource) permission(event field, service string, source *node, more ...field) {
	at := event.value
	fields := append([]field{
		pair("Action", textNode(at, "lambda:InvokeFunction")), pair("FunctionName", callNode(at, "Ref", x.name)),
		pair("Principal", textNode(at, service)), pair("SourceArn", source),
	}, more...)
	x.made(x.name+event.name+"Permission", "AWS::Lambda::Permission", fields...)
}

// streamPolicies are the managed policies that a function needs to read from a source.
var streamPolicies = map[string]string{
	"SQS": "service-role/AWSLambdaSQSQueueExecutionRole", "Kinesis": "service-role/AWSLambdaKinesisExecutionRole",
	"DynamoDB": "service-role/AWSLambdaDynamoDBExecutionRole", "MSK": "service-role/AWSLambdaMSKExecutionRole",
}

// events adds what the events of a function make, and returns the policies that its role
// needs for them.
func (x *samResource) events() (policies []string) {
	for _, event := range x.take("Events").fieldsOf() {
		at, typ, p := event.value, event.value.get("Type"), event.value.get("Properties")
		if !typ.isText() {
			x.s.r.fault(x.s.doc.atKey(event), "event "+event.name+" of "+x.name+" has no Type", "add Type: with a kind of event such as Api, SQS or Schedule")
			continue
		}
		if p == nil {
			p = mapOf(at)
		}
		me := callNode(at, "Fn::GetAtt", x.name+".Arn")
		name := x.name + event.name
		switch typ.text {
		case "Api", "HttpApi":
			x.apiEvent(event, typ.text, p)
		case "SQS", "Kinesis", "DynamoDB", "MSK":
			if policy := streamPolicies[typ.text]; !slices.Contains(policies, policy) {
				policies = append(policies, policy)
			}
			fields := []field{pair("FunctionName", callNode(at, "Ref", x.name)), pair("EventSourceArn", cmp.Or(p.get("Queue"), p.get("Stream")))}
			t, _ := schema.Lookup("AWS::Lambda::EventSourceMapping")
			for _, f := range p.fields {
				if t != nil && t.Root.Properties[f.name] != nil {
					fields = append(fields, f)
				}
			}
			x.made(name, "AWS::Lambda::EventSourceMapping", fields...)
		case "S3":
			bucket := p.get("Bucket")
			if _, ref, ok := bucket.call(); ok && ref.isText() {
				x.notified = append(x.notified, ref.text)
			}
			x.permission(event, "s3.amazonaws.com", nil, pair("SourceAccount", callNode(at, "Ref", "AWS::AccountId")))
		case "SNS":
			x.made(name, "AWS::SNS::Subscription", pair("Protocol", textNode(at, "lambda")), pair("Endpoint", me), pair("TopicArn", p.get("Topic")),
				pair("FilterPolicy", p.get("FilterPolicy")), pair("FilterPolicyScope", p.get("FilterPolicyScope")), pair("Region", p.get("Region")), pair("RedrivePolicy", p.get("RedrivePolicy")))
			x.permission(event, "sns.amazonaws.com", p.get("Topic"))
		case "Schedule", "EventBridgeRule", "CloudWatchEvent":
			state := p.get("State")
			if on := p.get("Enabled"); on != nil && on.kind == boolNode && state == nil {
				state = textNode(on, map[bool]string{true: "ENABLED", false: "DISABLED"}[on.scalar() == true])
			}
			target := mapOf(at, pair("Arn", me), pair("Id", textNode(at, name+"LambdaTarget")), pair("Input", p.get("Input")), pair("InputPath", p.get("InputPath")),
				pair("DeadLetterConfig", present(p.get("DeadLetterConfig"))), pair("RetryPolicy", p.get("RetryPolicy")))
			x.made(name, "AWS::Events::Rule", pair("ScheduleExpression", p.get("Schedule")), pair("EventPattern", p.get("Pattern")), pair("EventBusName", p.get("EventBusName")),
				pair("Name", cmp.Or(p.get("Name"), p.get("RuleName"))), pair("Description", p.get("Description")), pair("State", state), pair("Targets", listOf(at, target)))
			x.permission(event, "events.amazonaws.com", callNode(at, "Fn::GetAtt", name+".Arn"))
		case "CloudWatchLogs":
			x.made(name, "AWS::Logs::SubscriptionFilter", pair("LogGroupName", p.get("LogGroupName")), pair("FilterPattern", p.get("FilterPattern")), pair("DestinationArn", me))
			x.permission(event, "logs.amazonaws.com", nil)
		case "AlexaSkill":
			x.permission(event, "alexa-appkit.amazon.com", nil, pair("EventSourceToken", p.get("SkillId")))
		default:
			x.leaveOut(event, "AWS::Serverless::Function event "+typ.text, x.name+"."+event.name, "pcf-scan does not know what SAM makes of this kind of event")
		}
	}
	return policies
}

// apiEvent adds the permission of a route. A route without an API makes one.
func (x *samResource) apiEvent(event field, kind string, p *node) {
	at := event.value
	api, implicit := p.get("RestApiId"), "ServerlessRestApi"
	if kind == "HttpApi" {
		api, implicit = p.get("ApiId"), "ServerlessHttpApi"
	}
	if api == nil {
		api = callNode(at, "Ref", implicit)
		if x.implicit[implicit] == nil {
			x.implicit[implicit] = at
		}
	} else if api.isText() {
		api = callNode(api, "Ref", api.text)
	}
	source := mapOf(at, pair("Fn::Sub", listOf(at,
		textNode(at, "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__Api}/*"), mapOf(at, pair("__Api", api)))))
	x.permission(event, "apigateway.amazonaws.com", source)
}

// addImplicit adds the APIs that routes made by themselves, with what Globals say of them.
func (x *expansion) addImplicit() {
	globals := x.s.doc.root.get("Globals")
	for _, name := range []string{"ServerlessHttpApi", "ServerlessRestApi"} {
		at := x.implicit[name]
		if at == nil {
			continue
		}
		kind := map[string]string{"ServerlessHttpApi": "HttpApi", "ServerlessRestApi": "Api"}[name]
		props := mapOf(at)
		if kind == "Api" {
			props = mapOf(at, pair("StageName", textNode(at, "Prod")))
		}
		f := field{name: name, line: at.line, column: at.column, value: mapOf(at)}
		samKinds[kind](&samResource{expansion: x, field: f, props: mergeGlobals(globals.get(kind), props), used: map[string]bool{}})
	}
}

func samTable(x *samResource) {
	at := x.value
	key := x.take("PrimaryKey")
	name, kind := key.get("Name"), key.get("Type")
	if key == nil {
		name, kind = textNode(at, "id"), textNode(at, "String")
	}
	if kind.isText() && kind.text != "" {
		kind = textNode(kind, kind.text[:1]) // String is S
	}
	throughput := x.take("ProvisionedThroughput")
	var billing *node
	if throughput == nil {
		billing = textNode(at, "PAY_PER_REQUEST")
	}
	x.main("AWS::DynamoDB::Table",
		pair("AttributeDefinitions", listOf(at, mapOf(at, pair("AttributeName", name), pair("AttributeType", kind)))),
		pair("KeySchema", listOf(at, mapOf(at, pair("AttributeName", name), pair("KeyType", textNode(at, "HASH"))))),
		pair("ProvisionedThroughput", throughput), pair("BillingMode", billing), x.tags("Tags", ""))
}

func samAPI(x *samResource) {
	at := x.value
	ref := callNode(at, "Ref", x.name)
	stage := cmp.Or(x.take("StageName"), unknownNode(at))
	id := x.name + "Stage"
	if stage.isText() {
		id = x.name + alphanumeric(stage.text) + "Stage"
	}
	x.made(x.name+"Deployment", "AWS::ApiGateway::Deployment", pair("RestApiId", ref))
	tags := x.tags("Tags", "")
	x.made(id, "AWS::ApiGateway::Stage", pair("RestApiId", ref), pair("StageName", stage), pair("DeploymentId", callNode(at, "Ref", x.name+"Deployment")),
		x.as("AccessLogSetting", "AccessLogSetting"), x.as("CacheClusterEnabled", "CacheClusterEnabled"), x.as("CacheClusterSize", "CacheClusterSize"),
		x.as("CanarySetting", "CanarySetting"), x.as("MethodSettings", "MethodSettings"), x.as("TracingEnabled", "TracingEnabled"), x.as("Variables", "Variables"), tags)
	endpoint := x.take("EndpointConfiguration")
	if endpoint != nil {
		switch typ := endpoint.get("Type"); {
		case endpoint.isText():
			endpoint = mapOf(endpoint, pair("Types", listOf(endpoint, endpoint)))
		case typ != nil:
			endpoint = mapOf(endpoint, pair("Types", listOf(typ, typ)), pair("VpcEndpointIds", endpoint.get("VPCEndpointIds")))
		}
	}
	body := x.take("DefinitionBody")
	auth := x.take("Auth")
	var policy *node
	if auth.get("ResourcePolicy") != nil || body != nil && body.kind != stringNode {
		policy = unknownNode(at)
	}
	uri := x.take("DefinitionUri")
	if uri != nil || body == nil || auth != nil || x.take("Cors") != nil || x.take("Models") != nil || x.take("GatewayResponses") != nil {
		body = unknownNode(cmp.Or(uri, body, at))
	}
	if domain := x.take("Domain"); domain != nil {
		x.leaveOut(x.field, "AWS::Serverless::Api domain", x.name+".Domain", "pcf-scan does not know what SAM makes of it")
	}
	if plan := auth.get("UsagePlan"); plan != nil {
		x.leaveOut(x.field, "AWS::Serverless::Api usage plan", x.name+".UsagePlan", "pcf-scan does not know what SAM makes of it")
	}
	x.ignore("Cors", "Models", "GatewayResponses", "OpenApiVersion", "AlwaysDeploy", "MergeDefinitions")
	x.main("AWS::ApiGateway::RestApi", pair("Body", body), pair("EndpointConfiguration", endpoint), pair("Policy", policy), tags)
}

func samHTTPAPI(x *samResource) {
	at := x.value
	ref := callNode(at, "Ref", x.name)
	stage := x.take("StageName")
	id := x.name + "Stage"
	switch {
	case stage == nil:
		stage, id = textNode(at, "$default"), x.name+"ApiGatewayDefaultStage"
	case stage.isText():
		id = x.name + alphanumeric(stage.text) + "Stage"
	}
	x.used["PropagateTags"] = true
	tags := x.as("Tags", "Tags")
	x.made(id, "AWS::ApiGatewayV2::Stage", pair("ApiId", ref), pair("StageName", stage), pair("AutoDeploy", boolNodeOf(at, true)),
		x.as("AccessLogSettings", "AccessLogSettings"), x.as("DefaultRouteSettings", "DefaultRouteSettings"), x.as("RouteSettings", "RouteSettings"), x.as("StageVariables", "StageVariables"), tags)
	cors := x.take("CorsConfiguration")
	if cors != nil && cors.kind != mapNode {
		cors = unknownNode(cors)
	}
	if domain := x.take("Domain"); domain != nil {
		x.leaveOut(x.field, "AWS::Serverless::HttpApi domain", x.name+".Domain", "pcf-scan does not know what SAM makes of it")
	}
	body := x.take("DefinitionBody")
	if body == nil || x.take("Auth") != nil || x.take("DefinitionUri") != nil {
		body = unknownNode(cmp.Or(body, at))
	}
	x.ignore("Auth", "DefinitionUri")
	x.main("AWS::ApiGatewayV2::Api", pair("Body", body), pair("CorsConfiguration", cors), tags)
}

func samLayer(x *samResource) {
	at := cmp.Or(x.take("ContentUri"), x.value)
	x.ignore("RetentionPolicy", "PublishLambdaVersion")
	name := cmp.Or(x.take("LayerName"), textNode(x.value, x.name))
	x.main("AWS::Lambda::LayerVersion", pair("Content", unknownNode(at)), pair("LayerName", name))
}

func samStateMachine(x *samResource) {
	at := x.value
	tags := x.tags("Tags", "stateMachine:createdBy")
	definition := x.take("Definition")
	if definition != nil {
		definition = mapOf(definition, pair("Fn::ToJsonString", definition))
	} else {
		definition = unknownNode(cmp.Or(x.take("DefinitionUri"), at))
	}
	x.ignore("DefinitionUri", "AutoPublishAlias", "DeploymentPreference", "UseAliasAsEventTarget")
	role := x.take("Role")
	if role == nil {
		var managed []string
		if x.props.get("Tracing") != nil {
			managed = append(managed, "AWSXrayWriteOnlyAccess")
		}
		x.role("states.amazonaws.com", managed, tags)
		role = callNode(at, "Fn::GetAtt", x.name+"Role.Arn")
	} else {
		x.ignore("Policies", "PermissionsBoundary", "RolePath")
	}
	for _, event := range x.take("Events").fieldsOf() {
		x.leaveOut(event, "AWS::Serverless::StateMachine event", x.name+"."+event.name, "pcf-scan does not know what SAM makes of it")
	}
	x.main("AWS::StepFunctions::StateMachine", pair("DefinitionString", definition), pair("RoleArn", role), tags,
		x.as("LoggingConfiguration", "Logging"), x.as("TracingConfiguration", "Tracing"), x.as("StateMachineName", "Name"), x.as("StateMachineType", "Type"))
}

// samApplication is a nested stack whose template is a local file, or one of a repository.
func samApplication(x *samResource) {
	location := x.take("Location")
	x.main(stackType, pair("TemplateURL", location), x.tags("Tags", ""))
}

// samMade reports whether a name is one that SAM makes and that references may use: a
// resource of the template and one of SAM's own words for what belongs to it.
func (e *evaluator) samMade(name string) bool {
	if !e.sam {
		return false
	}
	base, word, dotted := strings.Cut(name, ".")
	if _, ok := e.resources[base]; ok && dotted {
		return slices.Contains([]string{"Version", "Alias", "Stage", "Deployment", "DestinationTopic", "DestinationQueue", "DomainName"}, word)
	}
	return strings.HasPrefix(name, "Serverless") || slices.ContainsFunc(e.unseen, func(prefix string) bool {
		rest, ok := strings.CutPrefix(name, prefix) // SAM begins its own part with a capital: FnRole
		return ok && rest != "" && strings.ToLower(rest[:1]) != rest[:1]
	})
}
