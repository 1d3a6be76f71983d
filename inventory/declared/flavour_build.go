package declared

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// What the framework does for single flavours besides passing their keys on to AWS.

// nameTag adds the tag by which the framework finds what has no name of its own.
func (t *translation) nameTag(tag, key string) {
	if n := t.custom.get(key); n != nil && n.kind != nullNode {
		f := field{line: n.line, column: n.column}
		t.tag(tag, f, mappingAt(n, "Key", textAt(n, tag), "Value", t.tagValue(n)))
	}
}

// shaped writes a value of the file for a property; nil for nil.
func (t *translation) shaped(n *node, pointer, path string) *node {
	if n == nil {
		return nil
	}
	return t.shape(n, t.node(pointer), path)
}

// base64 encodes a text, as botocore does with user data.
func (t *translation) base64(n *node) *node {
	switch {
	case n == nil || n.kind == nullNode:
		return nil
	case strings.Contains(n.text, "$inherit$") || strings.Contains(n.text, "$lookup$"):
		return mappingAt(n, "Fn::Base64", t.variable(n))
	case !n.isScalar():
		return n
	}
	if t.p.encoded[n] == nil {
		t.p.encoded[n] = textAt(n, base64.StdEncoding.EncodeToString([]byte(n.text)))
	}
	return t.p.encoded[n]
}

// inVPC places what has no VpcId in the VPC among its parents.
func (t *translation) inVPC() {
	if vpcs := t.parents("vpc_instance"); len(vpcs) > 0 && !t.has("VpcId") {
		t.set("VpcId", refAt(t.m.at, vpcs[0].id))
	}
}

func isYes(n *node) bool { return n != nil && strings.EqualFold(n.text, "true") }

func buildInstance(t *translation) {
	t.nameTag("PCFName", "instance_name")
	if tags := t.aws.get("tags"); tags != nil {
		t.p.warn(t.p.d.at(tags), codeIneffectiveTags, "the framework does not write tags that stand here", "move them to custom_config: {tags: …}")
	}
	t.set("IamInstanceProfile", t.instanceProfile())
	t.set("Monitoring", t.shaped(t.aws.get("Monitoring").get("Enabled"), "/Monitoring", ""))
	for _, f := range t.aws.get("Placement").fieldsOf() {
		if f.name == "GroupName" {
			f.name = "PlacementGroupName"
		}
		t.property(f)
	}
	t.set("UserData", t.base64(t.aws.get("UserData")))
	for _, key := range []string{"userdata_template_file", "userdata_bash"} {
		if n := t.custom.get(key); n != nil && n.kind != nullNode && !t.has("UserData") {
			t.set("UserData", t.unknown(n, inventory.Unknown{Because: "the framework renders the user data from " + key, Sensitive: true}))
		}
	}
	t.shaped(t.custom.get("userdata_params"), "", "userdata_params") // a secret in it is told
}

// instanceProfile returns the name of the profile: the framework takes its ARN, whose last
// part it is, or looks it up by it.
func (t *translation) instanceProfile() *node {
	n := t.aws.get("IamInstanceProfile")
	for _, key := range []string{"Arn", "Name"} {
		if part := n.get(key); part != nil {
			n = part
			break
		}
	}
	if !n.isText() {
		return nil
	}
	if name, ok := strings.CutPrefix(n.text, "$lookup$iam$instance-profile:"); ok && name != "" && !strings.Contains(name, "$") {
		return textAt(n, name)
	}
	if rest, ok := strings.CutPrefix(n.text, "$inherit$"); ok {
		id, _, _ := strings.Cut(rest, "$")
		if role := t.p.byID[idOf(id)]; role != nil && role.label == "iam_role" && isYes(role.key("custom_config.IsInstanceProfile")) {
			return refAt(n, role.id+"/InstanceProfile")
		}
		return t.variable(n)
	}
	if strings.HasPrefix(n.text, "arn:") {
		return textAt(n, n.text[strings.LastIndexByte(n.text, '/')+1:])
	}
	return t.text(n, nil, "IamInstanceProfile")
}

func buildVolume(t *translation) {
	t.nameTag("PCFName", "volume_name")
	attach := t.custom.get("attach")
	if attach != nil && attach.kind == boolNode && !isYes(attach) {
		return
	}
	device := attach.get("Device")
	if device == nil {
		device = t.aws.get("Device")
	}
	instances := t.parents("ec2_instance")
	for i, m := range instances {
		suffix := "VolumeAttachment"
		if len(instances) > 1 {
			suffix += "-" + strconv.Itoa(i)
		}
		at := t.m.at
		t.add(suffix, "AWS::EC2::VolumeAttachment", at, mappingAt(at,
			"Device", t.shaped(device, "", "Device"), "InstanceId", refAt(at, m.id), "VolumeId", refAt(at, t.m.id)).fields...)
	}
}

func buildSubnet(t *translation) {
	t.nameTag("PCFName", "subnet_name")
	t.inVPC()
	t.set("MapPublicIpOnLaunch", t.shaped(t.custom.get("public"), "/MapPublicIpOnLaunch", "public"))
}

func buildSecurityGroup(t *translation) {
	t.inVPC()
	for _, direction := range []struct{ key, property, peer string }{
		{"IpPermissions", "SecurityGroupIngress", "Source"}, {"IpPermissionsEgress", "SecurityGroupEgress", "Destination"},
	} {
		for _, n := range []*node{t.aws.get(direction.key), t.custom.get(direction.key)} {
			if n != nil && n.kind == listNode {
				t.set(direction.property, t.rules(n, direction.peer))
			} else if n != nil && n.kind != nullNode {
				t.set(direction.property, t.shaped(n, "/"+direction.property, direction.key))
			}
		}
	}
}

// rules writes the permissions of EC2, each of which opens some ports to many peers, as
// entries with one peer each. peer is Source or Destination.
func (t *translation) rules(permissions *node, peer string) *node {
	out := listAt(permissions)
	for _, permission := range permissions.items {
		if permission.kind != mapNode {
			out.items = append(out.items, t.shape(permission, nil, ""))
			continue
		}
		for _, peers := range []struct {
			list  string
			names map[string]string
		}{
			{"IpRanges", map[string]string{"CidrIp": "CidrIp"}},
			{"Ipv6Ranges", map[string]string{"CidrIpv6": "CidrIpv6"}},
			{"PrefixListIds", map[string]string{"PrefixListId": peer + "PrefixListId"}},
			{"UserIdGroupPairs", map[string]string{"GroupId": peer + "SecurityGroupId", "GroupName": peer + "SecurityGroupName", "UserId": peer + "SecurityGroupOwnerId"}},
		} {
			list := permission.get(peers.list)
			for _, one := range list.itemsOf() {
				if !t.p.e.take(one) {
					return out
				}
				rule := &node{kind: mapNode, line: one.line, column: one.column}
				add := func(f field, name string) {
					if f.value = t.shape(f.value, t.node("/SecurityGroup"+map[string]string{"Source": "Ingress", "Destination": "Egress"}[peer]+"/*/"+name), ""); f.value != nil {
						f.name = name
						rule.fields = append(rule.fields, f)
					}
				}
				for _, name := range []string{"IpProtocol", "FromPort", "ToPort"} {
					if f, ok := permission.field(name); ok {
						add(f, name)
					}
				}
				for _, f := range one.fields {
					switch name := peers.names[f.name]; {
					case name != "":
						add(f, name)
					case f.name == "Description":
						add(f, f.name)
					}
				}
				if one.kind != mapNode {
					rule = t.shape(one, nil, "")
				}
				if rule != nil {
					out.items = append(out.items, rule)
				}
			}
		}
	}
	return out
}

// itemsOf returns the items of a node that may be nil.
func (n *node) itemsOf() []*node {
	if n == nil {
		return nil
	}
	return n.items
}

func buildRole(t *translation) {
	arns := t.custom.get("policy_arns")
	var refs []*node
	for _, m := range t.parents("iam_policy") {
		refs = append(refs, refAt(t.m.at, m.id))
	}
	if arns != nil || len(refs) > 0 {
		list := t.shaped(arns, "/ManagedPolicyArns", "policy_arns")
		if list == nil || list.kind != listNode {
			list = listAt(t.m.at)
		}
		t.set("ManagedPolicyArns", listAt(list, append(list.items, refs...)...))
	}
	if n := t.custom.get("IsInstanceProfile"); isYes(n) {
		t.add("InstanceProfile", "AWS::IAM::InstanceProfile", n, mappingAt(n,
			"InstanceProfileName", t.shaped(t.aws.get("RoleName"), "", "RoleName"), "Roles", listAt(n, refAt(n, t.m.id))).fields...)
	}
}

func buildKey(t *translation) {
	if n := t.custom.get("key_name"); n.isText() {
		name := t.shape(n, nil, "key_name")
		if name != nil && name.isText() && !strings.HasPrefix(name.text, "alias/") {
			name = textAt(n, "alias/"+name.text)
		}
		t.add("Alias", "AWS::KMS::Alias", n, mappingAt(n, "AliasName", name, "TargetKeyId", refAt(n, t.m.id)).fields...)
	}
}

func buildLoadBalancer(t *translation) {
	for i, n := range t.custom.get("Listeners").itemsOf() {
		if n.kind != mapNode {
			continue
		}
		listener := &translation{p: t.p, m: &member{flavour: &flavour{}}, aws: n}
		listener.schema = typeNamed("AWS::ElasticLoadBalancingV2::Listener")
		for _, f := range n.fields {
			listener.property(f)
		}
		listener.set("LoadBalancerArn", refAt(n, t.m.id))
		t.add("Listener-"+strconv.Itoa(i), "AWS::ElasticLoadBalancingV2::Listener", n, listener.own...)
	}
}

func buildAutoScalingGroup(t *translation) {
	n := t.aws.get("VPCZoneIdentifier")
	if !n.isText() || strings.Contains(n.text, "$") {
		if v := t.shaped(n, "/VPCZoneIdentifier", ""); v != nil {
			t.set("VPCZoneIdentifier", v)
		}
		return
	}
	list := listAt(n)
	for subnet := range strings.SplitSeq(n.text, ",") { // AWS takes one text with commas
		list.items = append(list.items, t.text(textAt(n, strings.TrimSpace(subnet)), nil, ""))
	}
	t.set("VPCZoneIdentifier", list)
}

func buildBucket(t *translation) {
	if n := t.aws.get("ACL"); n.isText() { // public-read is PublicRead
		acl := t.text(n, nil, "ACL")
		for _, word := range t.node("/AccessControl").Enum {
			if name, is := word.(string); is && strings.EqualFold(name, strings.ReplaceAll(n.text, "-", "")) {
				acl = textAt(n, name)
			}
		}
		f, _ := t.aws.field("ACL")
		f.name, f.value = "AccessControl", acl
		t.put(f)
	}
	if n := t.aws.get("ObjectOwnership"); n.isText() {
		t.set("OwnershipControls", mappingAt(n, "Rules", listAt(n, mappingAt(n, "ObjectOwnership", t.text(n, nil, "")))))
	}
}

func buildQueue(t *translation) {
	for _, f := range t.aws.get("Attributes").fieldsOf() {
		t.property(f)
	}
	if policy := t.aws.get("Attributes").get("Policy"); policy != nil && policy.kind != nullNode && policy.text != "" {
		kind := typeNamed("AWS::SQS::QueuePolicy")
		document, _ := kind.At("/PolicyDocument")
		t.add("QueuePolicy", kind.Name, policy, mappingAt(policy,
			"PolicyDocument", t.shape(policy, document, "Policy"), "Queues", listAt(policy, refAt(policy, t.m.id))).fields...)
	}
}

func buildLambda(t *translation) {
	code, ok := t.aws.field("Code")
	switch {
	case ok && code.value.get("ZipFile") == nil && code.value.kind == mapNode:
		code.value = t.shaped(code.value, "/Code", "Code")
		t.put(code)
	case ok || t.custom != nil:
		at := t.aws
		if ok {
			at = code.value
		}
		// ZipFile is the path of a file here, and not the source text that CloudFormation takes.
		t.set("Code", t.unknown(at, inventory.Unknown{Because: "the framework packs the code from local files"}))
	}
}

func buildHostedZone(t *translation) {
	if n := t.aws.get("VPC"); n != nil && n.kind == mapNode {
		t.set("VPCs", t.shaped(listAt(n, n), "/VPCs", "VPC"))
	}
}

func buildRecord(t *translation) {
	n := t.aws.get("ResourceRecords")
	at := n
	if n == nil || n.kind == nullNode {
		at = t.m.at
	}
	list := listAt(at)
	for _, item := range n.itemsOf() {
		if value := item.get("Value"); value != nil {
			item = value
		}
		if item = t.shape(item, nil, "ResourceRecords"); item != nil {
			list.items = append(list.items, item)
		}
	}
	if kind := t.aws.get("Type"); kind.isText() && kind.text == "A" && t.aws.get("AliasTarget") == nil {
		for _, m := range t.parents("ec2_instance") {
			list.items = append(list.items, getAttAt(at, m.id, "PrivateIp"))
		}
	}
	if len(list.items) > 0 || n.itemsOf() != nil {
		t.set("ResourceRecords", list)
	}
}

func buildService(t *translation) {
	for _, link := range []struct{ property, label string }{{"Cluster", "ecs_cluster"}, {"TaskDefinition", "ecs_task_definition"}} {
		if parents := t.parents(link.label); len(parents) > 0 && !t.has(link.property) {
			t.set(link.property, refAt(t.m.at, parents[0].id))
		}
	}
}

// buildDistribution wraps what the framework writes beside the tags. It takes the config
// with and without the wrapping of the API.
func buildDistribution(t *translation) {
	config := &node{kind: mapNode, line: t.aws.line, column: t.aws.column}
	t.own = nil
	var collect func(n *node)
	collect = func(n *node) {
		for _, f := range n.fieldsOf() {
			switch f.name {
			case "DistributionConfig", "DistributionConfigWithTags":
				collect(f.value)
			case "Tags":
				if n != t.aws {
					t.addTags(f)
				}
			case "custom_config", "region_name", "tags", "TagSpecifications":
			default:
				config.fields = append(config.fields, f)
			}
		}
	}
	collect(t.aws)
	t.set("DistributionConfig", t.shape(config, t.node("/DistributionConfig"), ""))
}

func buildStack(t *translation) {
	params := &node{kind: mapNode, line: t.aws.line, column: t.aws.column}
	for _, n := range []*node{t.aws.get("Parameters"), t.custom.get("template_parameters")} {
		for _, item := range n.itemsOf() {
			key, value := item.get("ParameterKey"), item.get("ParameterValue")
			if key.isText() && value != nil {
				params.fields = append(params.fields, field{name: key.text, line: item.line, column: item.column, value: value})
			}
		}
		params.fields = append(params.fields, n.fieldsOf()...)
	}
	if len(params.fields) > 0 {
		t.set("Parameters", t.shape(params, t.node("/Parameters"), ""))
	}
	t.incomplete = "the template of the stack " + t.m.id + " is not read, so there may be other resources than this definition shows"
}

// buildCluster writes the instances of an EMR cluster, which the API lists by their role.
func buildCluster(t *translation) {
	instances := t.aws.get("Instances")
	if instances == nil || instances.kind != mapNode {
		return
	}
	out := &node{kind: mapNode, line: instances.line, column: instances.column}
	place := func(f field, name string) {
		if f.value = t.shaped(f.value, "/Instances/"+name, "Instances/"+name); f.value != nil {
			f.name = name
			out.fields = append(out.fields, f)
		}
	}
	var tasks *node
	for _, f := range instances.fields {
		switch f.name {
		case "InstanceGroups":
			for _, group := range f.value.itemsOf() {
				own := *group
				own.fields = nil
				role := ""
				for _, g := range group.fields {
					if g.name == "InstanceRole" {
						role = strings.ToUpper(g.value.text)
						continue
					}
					own.fields = append(own.fields, g)
				}
				at := field{line: group.line, column: group.column, value: &own}
				switch role {
				case "MASTER":
					place(at, "MasterInstanceGroup")
				case "CORE":
					place(at, "CoreInstanceGroup")
				default:
					if tasks == nil {
						tasks = listAt(group)
					}
					tasks.items = append(tasks.items, &own)
				}
			}
		case "MasterInstanceType":
			f.value = mappingAt(f.value, "InstanceType", f.value, "InstanceCount", &node{kind: intNode, text: "1", line: f.line, column: f.column})
			place(f, "MasterInstanceGroup")
		case "SlaveInstanceType":
			group := mappingAt(f.value, "InstanceType", f.value)
			if count := instances.get("InstanceCount"); count != nil { // it counts the master too
				if all, err := strconv.Atoi(count.text); err == nil && all > 1 {
					group.fields = append(group.fields, field{name: "InstanceCount", line: count.line, column: count.column, value: &node{kind: intNode, text: strconv.Itoa(all - 1), line: count.line, column: count.column}})
				}
			}
			f.value = group
			place(f, "CoreInstanceGroup")
		case "InstanceCount":
		default:
			place(f, f.name)
		}
	}
	if tasks != nil {
		place(field{line: tasks.line, column: tasks.column, value: tasks}, "TaskInstanceGroups")
	}
	t.set("Instances", out)
}
