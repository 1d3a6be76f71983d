package drift

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

const (
	securityGroup        = "AWS::EC2::SecurityGroup"
	securityGroupIngress = "AWS::EC2::SecurityGroupIngress"
	securityGroupEgress  = "AWS::EC2::SecurityGroupEgress"
)

// ruleLists are the rule lists of a security group, with the type whose particles add to
// each.
var ruleLists = map[string]string{"SecurityGroupIngress": securityGroupIngress, "SecurityGroupEgress": securityGroupEgress}

// grant is one atom of a security group rule: a protocol, a port range and one peer. EC2
// takes rules apart into these, so this is the form in which two rule lists compare.
type grant struct {
	traffic string // "tcp 443-443"; empty when not known
	peer    string // "10.0.0.0/8", "group sg-…"; empty when not known
	because string // why a part is not known
	rule    map[string]any
	index   int // of the rule in its list
}

func (g grant) key() string { return g.traffic + " " + g.peer }

// isThe reports whether a live grant is certainly this one.
func (g grant) isThe(live grant) bool {
	if g.because != "" {
		return same(g.rule, live.rule) // written the same way, whatever it means
	}
	return g.key() == live.key()
}

// fits reports whether a live grant may be what a partly known one means.
func (g grant) fits(live grant) bool {
	return (g.traffic == "" || g.traffic == live.traffic) && (g.peer == "" || g.peer == live.peer)
}

var protocolNames = map[string]string{"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "all": "-1", "any": "-1"}

// grants takes one rule apart. A rule that names two peers is two grants.
func (c *comparison) grants(rule map[string]any, index int) []grant {
	base := grant{rule: rule, index: index}
	base.traffic, base.because = traffic(rule)
	var all []grant
	add := func(peer, because string) {
		g := base
		if g.peer = peer; because != "" {
			g.because = because
		}
		all = append(all, g)
	}
	for _, name := range []string{"CidrIp", "CidrIpv6", "SourcePrefixListId", "DestinationPrefixListId", "SourceSecurityGroupId", "DestinationSecurityGroupId"} {
		switch v := rule[name].(type) {
		case nil:
		case *inventory.Unknown:
			peer, because := c.groupOf(v)
			add(peer, because)
		default:
			if s, ok := scalarText(v, 0); ok && s != "" {
				add(peerName(name, s), "")
			}
		}
	}
	if name, has := rule["SourceSecurityGroupName"]; has && len(all) == 0 {
		add(c.groupNamed(name), "a security group that is named by its name was not found")
		if all[0].peer != "" {
			all[0].because = base.because
		}
	}
	if len(all) == 0 {
		add("nobody", "")
	}
	return all
}

func peerName(property, value string) string {
	if strings.HasPrefix(property, "Cidr") {
		return cidr(value)
	}
	if strings.HasSuffix(property, "SecurityGroupId") {
		return "group " + value
	}
	return "list " + value
}

// cidr writes an address range in one form: host bits masked, IPv6 compressed.
func cidr(s string) string {
	s = strings.TrimSpace(s)
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked().String()
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()).String()
	}
	return s
}

// groupOf looks up the group that an unknown refers to.
func (c *comparison) groupOf(u *inventory.Unknown) (peer, because string) {
	names := u.Symbol == "Ref "+u.Target || u.Symbol == "GetAtt "+u.Target+".GroupId" || u.Symbol == "GetAtt "+u.Target+".Id"
	if live := c.run.found(c.pair, u.Target); names && live != nil && live.Ref.Type == securityGroup {
		return "group " + live.Ref.ID, ""
	}
	return "", u.Because
}

// groupNamed finds the live group of a name in the VPC of the group that is compared.
func (c *comparison) groupNamed(name any) string {
	text, is := name.(string)
	if !is {
		return ""
	}
	var found []string
	for _, r := range c.run.groups().byName[text] {
		if same(r.Properties["VpcId"], c.live.Properties["VpcId"]) {
			found = append(found, "group "+r.Ref.ID)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// groupIndex finds the security groups that live.
type groupIndex struct {
	byID   map[string]*inventory.Resource
	byName map[string][]*inventory.Resource
}

func (r *run) groups() *groupIndex {
	if r.groupsOf == nil {
		r.groupsOf = &groupIndex{map[string]*inventory.Resource{}, map[string][]*inventory.Resource{}}
		for _, g := range r.byType[securityGroup] {
			r.groupsOf.byID[g.Ref.ID] = g
			if name, is := g.Properties["GroupName"].(string); is {
				r.groupsOf.byName[name] = append(r.groupsOf.byName[name], g)
			}
		}
	}
	return r.groupsOf
}

// traffic writes protocol and ports in one form. Ports mean something for TCP, UDP and
// ICMP only; for ICMP they are type and code.
func traffic(rule map[string]any) (text, because string) {
	for _, name := range []string{"IpProtocol", "FromPort", "ToPort"} {
		if u, is := rule[name].(*inventory.Unknown); is {
			return "", u.Because
		}
	}
	protocol, _ := scalarText(rule["IpProtocol"], 0)
	protocol = strings.ToLower(strings.TrimSpace(protocol))
	if n, err := strconv.Atoi(protocol); err == nil {
		protocol = strconv.Itoa(n)
	}
	if name := protocolNames[protocol]; name != "" {
		protocol = name
	}
	from, to := port(rule["FromPort"]), port(rule["ToPort"])
	switch protocol {
	case "tcp", "udp":
		if from == "-1" && (to == "-1" || to == "65535") || from == "0" && (to == "65535" || to == "-1") {
			return protocol + " all", ""
		}
	case "icmp", "icmpv6":
		if from == "-1" {
			return protocol + " all", ""
		}
	default:
		return protocol, ""
	}
	return protocol + " " + from + "-" + to, ""
}

func port(v any) string {
	s, ok := scalarText(v, 0)
	if !ok || s == "" {
		return "-1"
	}
	if n, err := strconv.Atoi(s); err == nil {
		return strconv.Itoa(n)
	}
	return s
}

func (c *comparison) grantsOf(list []any) []grant {
	var all []grant
	for i, e := range list {
		switch e := e.(type) {
		case map[string]any:
			all = append(all, c.grants(e, i)...)
		case *inventory.Unknown:
			all = append(all, grant{because: e.Because, index: i})
		}
	}
	return all
}

// everywhere are the egress rules that EC2 gives a new group.
var everywhere = []string{"-1 0.0.0.0/0", "-1 ::/0"}

// rules compares one rule list of a security group with the live one. Rules may also be
// declared as particles of their own: these explain live rules here and are compared where
// they are declared. A list that is declared is complete; where only such particles are
// declared, or nothing is, a further live rule is undeclared.
func (c *comparison) rules(s spot, declared any, isDeclared bool, live any) (out delta) {
	if s.unread.hit() {
		if isDeclared {
			out.declared = leaves(declared)
			out.doubt(s, becauseUnread)
		}
		return out
	}
	if u, is := declared.(*inventory.Unknown); is {
		out.declared = 1
		out.doubt(s, u.Because)
		return out
	}
	if because, hidden := holdsHidden(live); hidden {
		return concealed(s, declared, because)
	}
	want, _ := declared.([]any)
	have, _ := live.([]any)
	out.declared, out.compared = leaves(want), leaves(want)
	if isDeclared && len(want) == 0 {
		out.declared, out.compared = 1, 1
	}
	left := c.grantsOf(have)
	take := func(i int) grant {
		g := left[i]
		left = slices.DeleteFunc(left, func(l grant) bool { return l.key() == g.key() })
		return g
	}
	var found, open, vague []grant
	matched := map[string]bool{}
	for _, g := range c.grantsOf(want) {
		switch i := slices.IndexFunc(left, g.isThe); {
		case i >= 0:
			l := take(i)
			matched[g.key()] = true
			found = append(found, g)
			out.add(c.description(s, g, l))
		case g.because != "":
			vague = append(vague, g)
		case !matched[g.key()]:
			open = append(open, g)
		}
	}
	var apart []grant
	for _, p := range c.fedBy(ruleLists[s.name]) {
		rule, _ := c.settle("", p.Particle.Resource.Properties, new([]string)).(map[string]any)
		apart = append(apart, c.grants(rule, 0)...)
	}
	for _, g := range apart {
		if i := slices.IndexFunc(left, g.isThe); i >= 0 {
			take(i)
		}
	}
	for _, g := range vague {
		out.compared -= leaves(g.rule)
		out.doubt(s.index(strconv.Itoa(g.index)), g.because)
	}
	for _, g := range append(vague, apart...) {
		if i := slices.IndexFunc(left, g.fits); g.because != "" && i >= 0 {
			take(i)
		}
	}
	out.compared = max(out.compared, 0)
	if s.name == "SecurityGroupEgress" && !isDeclared {
		left = slices.DeleteFunc(left, func(l grant) bool { return slices.Contains(everywhere, l.key()) })
	}
	if len(open) == 1 && len(left) == 1 && isDeclared {
		out.change(s.index(strconv.Itoa(open[0].index)), open[0].rule, left[0].rule)
		open, left = nil, nil
	}
	for _, g := range open {
		out.change(s.index(strconv.Itoa(g.index)), g.rule, nil)
	}
	for _, g := range left {
		kind, reason := Differs, "a rule that is not declared"
		if !isDeclared || s.additive.hit() {
			kind, reason = Undeclared, "a rule that nothing declares"
		}
		out.changes = append(out.changes, Change{Path: s.pointer, Live: g.rule, Kind: kind, Reason: reason})
	}
	if len(found) > 0 && !out.differs() && canonical(want) != canonical(have) {
		out.note(s, PassRules)
	}
	return out
}

// description compares the text of a rule, where it is declared and the reader returned it.
func (c *comparison) description(s spot, declared, live grant) (out delta) {
	d, is := declared.rule["Description"].(string)
	if !is || d == "" || d == live.rule["Description"] {
		return out
	}
	at := s.index(strconv.Itoa(declared.index)).property("Description")
	if at.unread.hit() {
		out.doubt(at, becauseUnread)
		return out
	}
	out.change(at, d, live.rule["Description"])
	return out
}

// part compares a rule that is a particle of its own with the rules of the live group that
// it belongs to. ok is false when the pair is no such rule.
func (r *run) part(p Pair) (d Drift, ok bool) {
	resource := p.Particle.Resource
	var list string
	for name, typ := range ruleLists {
		if typ == resource.Ref.Type {
			list = name
		}
	}
	if list == "" {
		return d, false
	}
	d = Drift{Particle: p.Particle, Target: p.Target, Declared: leaves(resource.Properties)}
	group, because := r.groupFor(p)
	if group == nil {
		d.Class, d.Reason = Unverifiable, ParentUnknown
		d.Unverified = []Unverified{{Path: "/GroupId", Because: because}}
		return d, true
	}
	if group.IsUnread("/" + list) {
		d.Class, d.Reason = Unverifiable, ValuesUnread
		d.Unverified = []Unverified{{Path: "/GroupId", Because: becauseUnread}}
		return d, true
	}
	if because, hidden := holdsHidden(group.Properties[list]); hidden {
		d.Class, d.Reason = Unverifiable, ValuesUnknown
		d.Unverified = []Unverified{{Path: "/GroupId", Because: because}}
		return d, true
	}
	c := &comparison{run: r, pair: &p, live: group}
	rules, _ := group.Properties[list].([]any)
	have := c.grantsOf(rules)
	d.Class, d.Compared = InSync, d.Declared
	rule, _ := c.settle("", resource.Properties, new([]string)).(map[string]any)
	for _, g := range c.grants(rule, 0) {
		switch {
		case g.because != "":
			d.Class, d.Reason, d.Compared = Unverifiable, ValuesUnknown, 0
			d.Unverified = append(d.Unverified, Unverified{Path: "/IpProtocol", Because: g.because})
		case !slices.ContainsFunc(have, func(l grant) bool { return l.key() == g.key() }):
			d.Class, d.Reason, d.Compared = Missing, fmt.Sprintf("%s has no such rule", group.Ref.ID), 0
			return d, true
		}
	}
	return d, true
}

// groupFor finds the live group that a rule names.
func (r *run) groupFor(p Pair) (*inventory.Resource, string) {
	switch id := p.Particle.Resource.Properties["GroupId"].(type) {
	case *inventory.Unknown:
		if r.pairOf(&p, id.Target) == nil {
			return nil, id.Because
		}
		live := r.found(&p, id.Target)
		if live == nil || live.Ref.Type != securityGroup {
			return nil, id.Target + " was not found alive"
		}
		return live, ""
	case string:
		if l := r.groups().byID[id]; l != nil {
			return l, ""
		}
		return nil, "no live security group " + id
	}
	return nil, "it does not say its group"
}
