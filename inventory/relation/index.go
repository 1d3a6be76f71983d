package relation

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// An index finds live resources by what they are called. Its lists hold positions in nodes.
type index struct {
	nodes []*inventory.Resource
	// arns holds the resources by ARN, wherever they are.
	arns map[string][]int32
	// hosts holds the resources by DNS name, wherever they are.
	hosts map[string][]int32
	// places holds the resources of one account, region and type by every other name.
	places map[place]map[string][]int32
	// regions lists the regions of an account that hold anything.
	regions map[account][]string
}

type account struct{ partition, id string }

type place struct {
	account
	region, typ string
}

func placeOf(r inventory.Ref) place {
	return place{account{r.Partition, r.Account}, r.Region, r.Type}
}

func newIndex(resources []*inventory.Resource) *index {
	x := &index{
		arns: map[string][]int32{}, hosts: map[string][]int32{},
		places: map[place]map[string][]int32{}, regions: map[account][]string{},
	}
	for _, r := range resources {
		if !r.Declared {
			x.nodes = append(x.nodes, r)
		}
	}
	for i, r := range x.nodes {
		x.insert(int32(i), r)
	}
	for p := range x.places {
		if !slices.Contains(x.regions[p.account], p.region) {
			x.regions[p.account] = append(x.regions[p.account], p.region)
		}
	}
	x.insertAliases()
	return x
}

// insert adds a resource under all its names.
func (x *index) insert(i int32, r *inventory.Resource) {
	t, _ := schema.Lookup(r.Ref.Type)
	property := func(name string) string { s, _ := r.Properties[name].(string); return s }

	enter(x.arns, r.ARN, i)
	for _, s := range []string{r.Ref.ID, property("Arn")} {
		if strings.HasPrefix(s, "arn:") {
			enter(x.arns, s, i)
		}
	}
	if r.Ref.Type == bucket {
		enter(x.arns, bucketARN(r.Ref.Partition, r.Ref.ID), i)
	}
	for _, name := range []string{"DNSName", "DomainName"} {
		if host := property(name); host != "" && t != nil && t.IsReadOnly("/"+name) {
			enter(x.hosts, normalHost(host), i)
		}
	}

	x.enterAt(placeOf(r.Ref), r.Ref.ID, i)
	if strings.Contains(r.Ref.ID, "|") {
		for part := range strings.SplitSeq(r.Ref.ID, "|") {
			x.enterAt(placeOf(r.Ref), part, i)
		}
	}
	x.enterAt(placeOf(r.Ref), inventory.NameOf(t, r.Properties, nil), i)
}

// insertAliases makes each alias a name of its key. Who uses the name needs both.
func (x *index) insertAliases() {
	keys := map[int32][]int32{}
	for i, r := range x.nodes {
		if r.Ref.Type == keyAlias {
			id, _ := r.Properties["TargetKeyId"].(string)
			keys[int32(i)] = x.resolve(r, key, id)
		}
	}
	for alias, named := range keys {
		r := x.nodes[alias]
		at := placeOf(r.Ref)
		at.typ = key
		x.enterAt(at, r.Ref.ID, alias)
		for _, k := range named {
			x.enterAt(at, r.Ref.ID, k)
		}
	}
}

func (x *index) enterAt(p place, name string, i int32) {
	names := x.places[p]
	if names == nil {
		names = map[string][]int32{}
		x.places[p] = names
	}
	enter(names, name, i)
}

// enter adds i under a name, once.
func enter(names map[string][]int32, name string, i int32) {
	if list := names[name]; name != "" && (len(list) == 0 || list[len(list)-1] != i) {
		names[name] = append(list, i)
	}
}

// resolve returns the resources of type typ that the text, which stands in from, names
// in any of the ways in which services write references. Whether one resource is among
// them never depends on another one. The caller must not change the list.
func (x *index) resolve(from *inventory.Resource, typ, text string) []int32 {
	if strings.HasPrefix(text, "arn:") {
		return x.byARN(typ, text)
	}
	named := x.named(from, typ, text)
	switch typ {
	case bucket:
		// One bucket of the name exists in the partition, wherever that is.
		return join(x.byType(x.arns[bucketARN(from.Ref.Partition, text)], typ),
			x.byType(x.arns[bucketARN(from.Ref.Partition, bucketOfHost(text))], typ))
	case securityGroup:
		if !strings.HasPrefix(text, "sg-") {
			return x.sameNetwork(from, named)
		}
	case function: // 111122223333:function:web, web:live
		_, name, partial := strings.Cut(text, ":function:")
		if !partial {
			name = text
		}
		if name, _, _ = strings.Cut(name, ":"); name != text {
			return x.named(from, typ, name)
		}
	case "AWS::Route53::HostedZone":
		if id, long := strings.CutPrefix(text, "/hostedzone/"); long {
			return x.named(from, typ, id)
		}
	}
	if strings.Contains(text, ".") {
		return join(named, x.byType(x.hosts[normalHost(text)], typ))
	}
	return named
}

// join returns the elements of both lists, which it does not change.
func join(a, b []int32) []int32 {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	return slices.Concat(a, b)
}

// named returns the resources of type typ that are called name and can be meant from where
// from is.
func (x *index) named(from *inventory.Resource, typ, name string) []int32 {
	p := placeOf(from.Ref)
	p.typ = typ
	if p.region != inventory.GlobalRegion {
		here := x.places[p][name]
		p.region = inventory.GlobalRegion
		return join(here, x.places[p][name])
	}
	var all []int32
	for _, region := range x.regions[p.account] {
		p.region = region
		all = join(all, x.places[p][name])
	}
	return all
}

// sameNetwork drops the security groups of other VPCs than the one that from is in: names
// of groups are unique only there.
func (x *index) sameNetwork(from *inventory.Resource, groups []int32) []int32 {
	network, _ := from.Properties["VpcId"].(string)
	if network == "" {
		return groups
	}
	return slices.DeleteFunc(slices.Clone(groups), func(i int32) bool {
		other, _ := x.nodes[i].Properties["VpcId"].(string)
		return other != "" && other != network
	})
}

// byARN returns the resources of type typ that an ARN names: the one that has it, and the one
// that it spells out. Services add a version or ":*" to ARNs, leave out a path, and not
// every resource comes with its ARN.
func (x *index) byARN(typ, arn string) []int32 {
	named := x.byType(x.arns[arn], typ)
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[2] != arnService(typ) || parts[4] == "" {
		return named
	}
	at := place{account{parts[1], parts[4]}, cmp.Or(parts[3], inventory.GlobalRegion), typ}
	for _, name := range arnNames(parts[2], parts[5]) {
		named = join(named, x.places[at][name])
	}
	return named
}

// byType keeps the resources of one type.
func (x *index) byType(list []int32, typ string) []int32 {
	for i := range list {
		if x.nodes[list[i]].Ref.Type != typ { // rare: almost every list has one element
			return slices.DeleteFunc(slices.Clone(list), func(i int32) bool { return x.nodes[i].Ref.Type != typ })
		}
	}
	return list
}

// arnNames returns what may be the name in the last part of an ARN.
func arnNames(service, resource string) []string {
	i := strings.IndexAny(resource, "/:")
	if i < 0 || strings.HasPrefix(resource, "alias/") {
		return []string{resource} // topic, alias/web
	}
	name := resource[i+1:] // log-group:/aws/lambda/web, event-bus/aws.partner/web
	unversioned, _, _ := strings.Cut(name, ":")
	names := []string{name, unversioned} // function:web:7, log-group:web:*
	if service == "iam" || service == "autoscaling" {
		// role/path/to/web, autoScalingGroup:id:autoScalingGroupName/web
		names = append(names, resource[strings.LastIndexByte(resource, '/')+1:])
	}
	return names
}

// arnService returns the service as ARNs of the type write it. Source: the resource type
// tables of the Service Authorization Reference.
func arnService(typ string) string {
	parts := strings.Split(typ, "::")
	if len(parts) != 3 {
		return ""
	}
	switch parts[1] {
	case "CertificateManager":
		return "acm"
	case "Cognito":
		return "cognito-idp"
	case "EFS":
		return "elasticfilesystem"
	case "ElasticLoadBalancingV2":
		return "elasticloadbalancing"
	case "OpenSearchService":
		return "es"
	}
	return strings.ToLower(parts[1])
}

func bucketARN(partition, name string) string { return "arn:" + partition + ":s3:::" + name }

// bucketOfHost returns the bucket of an S3 host name: web.s3.eu-west-1.amazonaws.com,
// web.s3-website-eu-west-1.amazonaws.com; "" when it is none. Source: "Amazon S3
// endpoints and quotas" in the AWS General Reference.
func bucketOfHost(host string) string {
	host = normalHost(host)
	if !strings.HasSuffix(strings.TrimSuffix(host, ".cn"), ".amazonaws.com") {
		return ""
	}
	// The name itself may contain dots.
	return host[:max(strings.LastIndex(host, ".s3."), strings.LastIndex(host, ".s3-"), 0)]
}

// normalHost writes a DNS name as it is compared: Route 53 adds the final dot and, for
// load balancers with both IP versions, a first label.
func normalHost(name string) string {
	return strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(name), "."), "dualstack.")
}

// edgesByType arranges the curated table.
var edgesByType = sync.OnceValue(func() map[string][]edge {
	m := map[string][]edge{}
	for _, e := range edges {
		m[e.from] = append(m[e.from], e)
	}
	return m
})
