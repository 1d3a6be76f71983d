package drift

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A spelling is a reason for which two different texts mean one thing. Each stands here
// with the places to which it applies; inside a free-form map (environment variables,
// labels) none does, because there the text is the program's own.
type spelling struct {
	pass string
	same func(c *comparison, s spot, declared, live string) bool
}

// spellings in the order in which they are tried; the first that holds is recorded.
var spellings = []spelling{
	{PassSpace, func(_ *comparison, _ spot, d, l string) bool { return strings.TrimSpace(d) == strings.TrimSpace(l) }},
	{PassCase, sameCase},
	{PassARN, func(c *comparison, _ spot, d, l string) bool { return c.arnOf(d, l) || c.arnOf(l, d) }},
	{PassVersion, func(_ *comparison, s spot, d, l string) bool { return isVersion(s) && samePrefixVersion(d, l) }},
	{PassAddress, sameNetwork},
	{PassDNS, sameHost},
	{PassTime, sameTime},
	{PassWord, sameWord},
}

// spelled returns the name of the pass that makes two texts equal; empty when none does.
func (c *comparison) spelled(s spot, declared, live any) string {
	if s.free {
		return ""
	}
	d, okD := declared.(string)
	l, okL := live.(string)
	if !okD || !okL {
		if c.transformed(s, declared, live) {
			return PassTransform
		}
		return ""
	}
	if isFunctionName(c, s) { // its transform would match every account
		if c.functionName(d) == c.functionName(l) {
			return PassARN
		}
		return ""
	}
	if c.transformed(s, declared, live) {
		return PassTransform
	}
	for _, p := range spellings {
		if p.same(c, s, d, l) {
			return p.pass
		}
	}
	return ""
}

// sameCase: the case of a value means nothing where the schema lists the values and does
// not tell two of them by case alone.
func sameCase(c *comparison, s spot, declared, live string) bool {
	if s.node == nil || !strings.EqualFold(declared, live) {
		return false
	}
	switch { // the schemas of RDS say both as transforms; those of ElastiCache say neither
	case strings.HasSuffix(s.name, "MaintenanceWindow"): // sun:05:00-sun:06:00
		return true
	case c.typ != nil && strings.HasPrefix(c.typ.Name, "AWS::ElastiCache::") && slices.Contains(c.typ.PrimaryIdentifier, s.pointer):
		return live == strings.ToLower(declared)
	}
	words := 0
	for _, e := range s.node.Enum {
		if text, is := e.(string); is && strings.EqualFold(text, declared) {
			words++
		}
	}
	// EMR Serverless writes SPARK and HIVE, people Spark and Hive.
	return words == 1 || c.typ != nil && c.typ.Name == "AWS::EMRServerless::Application" && s.pointer == "/Type"
}

// arnOf reports whether arn is the ARN of what name names in the account, region and
// partition of the resource.
func (c *comparison) arnOf(arn, name string) bool {
	if name == "" || strings.HasPrefix(name, "arn:") || !c.ownARN("", arn) {
		return false
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return false
	}
	for tail := parts[5]; ; {
		if tail == name {
			return true
		}
		i := strings.IndexAny(tail, "/:")
		// An alias is named with its prefix; what follows it alone would be a key.
		if i < 0 || strings.HasPrefix(tail, "alias/") {
			return false
		}
		tail = tail[i+1:]
	}
}

// ownARN reports whether the ARN, where it is one, lies where the compared resource lives:
// a name means what it names there. A foreign account is fine when the declaration says it.
func (c *comparison) ownARN(declared any, live string) bool {
	for _, v := range []any{declared, live} {
		text, _ := v.(string)
		parts := strings.SplitN(text, ":", 6)
		if len(parts) != 6 || parts[0] != "arn" {
			continue
		}
		written, _ := declared.(string)
		own := c.live.Ref
		if parts[1] != own.Partition && own.Partition != "" ||
			parts[3] != "" && parts[3] != own.Region && own.Region != inventory.GlobalRegion && !strings.Contains(written, parts[3]) ||
			parts[4] != "" && parts[4] != own.Account && !strings.Contains(written, parts[4]) {
			return false
		}
		if v == declared && live != "" && !strings.HasPrefix(live, "arn:") && parts[4] != "" && parts[4] != own.Account {
			return false // the ARN of another account is not the name in this one
		}
	}
	return true
}

// isVersion tells versions of engines and platforms from ids of versions.
func isVersion(s spot) bool { return s.name == "Version" || strings.HasSuffix(s.name, "Version") }

// samePrefixVersion: 14 asks for any 14.x, LATEST for any, and 6.x for what begins with 6.
// A version ends at a dot: 12.1 does not ask for 12.10.
func samePrefixVersion(declared, live string) bool {
	if live == "" || strings.Trim(live[:1], "0123456789v") != "" {
		return false
	}
	declared = strings.TrimSuffix(declared, ".x")
	return declared != "" && (declared == "LATEST" || strings.HasPrefix(live, declared+"."))
}

// sameNetwork: host bits mean nothing in an address range, and IPv6 has many spellings.
func sameNetwork(_ *comparison, s spot, declared, live string) bool {
	if !strings.Contains(s.name, "Cidr") && !strings.Contains(s.name, "CIDR") {
		return false
	}
	_, err := netip.ParsePrefix(strings.TrimSpace(declared))
	return err == nil && cidr(declared) == cidr(live)
}

var hostNames = []string{"Aliases", "DNSName", "DomainName", "HostedZoneName", "Name", "ResourceRecords", "SubjectAlternativeNames"}

// sameHost: names in the DNS have no case and may end with a dot. Route 53 writes "*" as
// its octal code, and the id of a zone with a path before it.
func sameHost(c *comparison, s spot, declared, live string) bool {
	if c.typ == nil {
		return false
	}
	dns := strings.HasPrefix(c.typ.Name, "AWS::Route53::")
	switch {
	case dns && s.name == "HostedZoneId":
		return strings.TrimPrefix(declared, "/hostedzone/") == strings.TrimPrefix(live, "/hostedzone/")
	case dns && s.name == "ResourceRecords":
		return c.sameRecord(s, declared, live)
	case !slices.Contains(hostNames, s.name), !dns && (s.name == "Name" || !strings.Contains(declared, ".")):
		return false
	}
	return hostName(declared) == hostName(live)
}

func hostName(s string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSuffix(s, ".")), `\052`, "*")
}

// sameRecord compares one value of a record by what its type holds: hosts, or texts that
// may be written with or without quotes.
func (c *comparison) sameRecord(s spot, declared, live string) bool {
	typ, _ := c.beside(spot{pointer: strings.TrimSuffix(s.pointer, "/"+s.pointer[strings.LastIndexByte(s.pointer, '/')+1:])}, "Type")
	switch typ {
	case "CNAME", "NS", "MX", "PTR", "SRV":
		return hostName(declared) == hostName(live)
	case "AAAA":
		d, errD := netip.ParseAddr(declared)
		l, errL := netip.ParseAddr(live)
		return errD == nil && errL == nil && d == l
	case "TXT", "SPF":
		return strings.Trim(declared, `"`) == strings.Trim(live, `"`) && strings.Count(strings.Trim(declared, `"`), `"`) == 0
	}
	return false
}

// sameTime: two spellings of one instant.
func sameTime(c *comparison, s spot, declared, live string) bool {
	if s.node == nil || s.node.Format != "date-time" {
		return false
	}
	a, okA := instant(declared)
	b, okB := instant(live)
	return okA && okB && a.Equal(b)
}

func instant(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// sameWord: a rate of minutes may be written in the singular.
func sameWord(_ *comparison, _ spot, declared, live string) bool {
	plural := func(s string) string { return strings.Replace(s, "s)", ")", 1) }
	return strings.HasPrefix(declared, "rate(") && strings.HasPrefix(live, "rate(") && plural(declared) == plural(live)
}

// isFunctionName: the properties by which resources of Lambda name a function.
func isFunctionName(c *comparison, s spot) bool {
	return c.typ != nil && strings.HasPrefix(c.typ.Name, "AWS::Lambda::") && (s.name == "FunctionName" || s.name == "TargetFunctionArn")
}

// functionName writes the name of a function in full: Lambda takes the name, the ARN and
// account:function:name, each with a version or alias behind it.
func (c *comparison) functionName(s string) string {
	own := c.live.Ref
	parts := strings.Split(s, ":")
	switch {
	case len(parts) >= 7 && parts[0] == "arn" && parts[5] == "function":
		return s
	case len(parts) >= 3 && parts[1] == "function":
		return strings.Join(append([]string{"arn", own.Partition, "lambda", own.Region}, parts...), ":")
	}
	return strings.Join([]string{"arn", own.Partition, "lambda", own.Region, own.Account, "function", s}, ":")
}

const (
	kmsKey   = "AWS::KMS::Key"
	kmsAlias = "AWS::KMS::Alias"
)

// keyVerdict compares an alias of a KMS key with a key. Which key an alias stands for is
// known when the alias was read; ok is false when the two are not these.
func (c *comparison) keyVerdict(declared, live any) (verdict likeness, ok bool) {
	d, okD := declared.(string)
	l, okL := live.(string)
	if !okD || !okL || isAlias(d) == isAlias(l) {
		return unequal, false
	}
	alias, key := d, l
	if isAlias(l) {
		alias, key = l, d
	}
	if !isKey(key) {
		return unequal, false
	}
	if !c.ownARN("", alias) {
		return perhaps, true // an alias of another account: it was not read
	}
	target := c.run.aliases()[aliasKey{c.live.Ref.Account, c.live.Ref.Region, alias[strings.LastIndex(alias, "alias/"):]}]
	switch {
	case target == "":
		return perhaps, true
	case lastOf(target) == lastOf(key) && c.ownARN("", key):
		return equal, true
	}
	return unequal, true
}

func isAlias(s string) bool {
	return strings.HasPrefix(s, "alias/") || strings.HasPrefix(s, "arn:") && strings.Contains(s, ":kms:") && strings.Contains(s, ":alias/")
}

// isKey recognises the id of a KMS key or its ARN.
func isKey(s string) bool {
	if strings.HasPrefix(s, "arn:") {
		return strings.Contains(s, ":kms:") && strings.Contains(s, ":key/")
	}
	return strings.HasPrefix(s, "mrk-") || len(s) == 36 && strings.Count(s, "-") == 4
}

func lastOf(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

type aliasKey struct{ account, region, name string }

// aliases maps the aliases that were read to the keys that they stand for.
func (r *run) aliases() map[aliasKey]string {
	if r.aliasOf == nil {
		r.aliasOf = map[aliasKey]string{}
		for _, l := range r.byType[kmsAlias] {
			name, _ := l.Properties["AliasName"].(string)
			target, _ := l.Properties["TargetKeyId"].(string)
			r.aliasOf[aliasKey{l.Ref.Account, l.Ref.Region, name}] = target
		}
	}
	return r.aliasOf
}

// pattern writes a pointer as the schemas do, with "*" for an element.
func pattern(pointer string, t *schema.Type) string {
	if _, ok := t.Transforms[pointer]; ok {
		return pointer
	}
	for p := range t.Transforms {
		if strings.Count(p, "/") == strings.Count(pointer, "/") && schema.MatchPointer(p, pointer) {
			return p
		}
	}
	return pointer
}
