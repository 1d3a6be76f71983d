package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Ref names one live resource everywhere in the program. It is comparable and
// may be used as a map key. The ARN is an attribute of the resource, not its name:
// many types have none.
type Ref struct {
	Partition string // aws, aws-cn, aws-us-gov; "aws" when nothing says otherwise
	Account   string // 12 digits; empty where a declaration does not say
	Region    string // eu-west-1, or "global" for services that have no region
	Type      string // CloudFormation resource type, e.g. AWS::S3::Bucket
	ID        string // primary identifier, several parts joined by "|"
}

// GlobalRegion is the region of resources whose service has none (IAM, Route 53).
const GlobalRegion = "global"

// String writes the ref as partition/account/region/type/id. The first four parts
// have "%" and "/" percent-encoded; the id stands last and is written as it is.
// ParseRef(r.String()) == r for every r with a non-empty Type and ID.
func (r Ref) String() string {
	return escapeRef(r.Partition) + "/" + escapeRef(r.Account) + "/" + escapeRef(r.Region) + "/" + escapeRef(r.Type) + "/" + r.ID
}

// ParseRef reads what Ref.String writes.
func ParseRef(s string) (Ref, error) {
	parts := strings.SplitN(s, "/", 5)
	if len(parts) != 5 || parts[3] == "" || parts[4] == "" {
		return Ref{}, fmt.Errorf("parse ref %q: want partition/account/region/type/id", s)
	}
	for i, p := range parts[:4] {
		parts[i] = unescapeRef(p)
	}
	return Ref{Partition: parts[0], Account: parts[1], Region: parts[2], Type: parts[3], ID: parts[4]}, nil
}

// Compare orders refs by partition, account, region, type and id: the order of
// every list the program prints.
func (r Ref) Compare(o Ref) int {
	return cmp.Or(
		cmp.Compare(r.Partition, o.Partition),
		cmp.Compare(r.Account, o.Account),
		cmp.Compare(r.Region, o.Region),
		cmp.Compare(r.Type, o.Type),
		cmp.Compare(r.ID, o.ID),
	)
}

var (
	refEscaper   = strings.NewReplacer("%", "%25", "/", "%2F")
	refUnescaper = strings.NewReplacer("%2F", "/", "%25", "%")
)

func escapeRef(s string) string   { return refEscaper.Replace(s) }
func unescapeRef(s string) string { return refUnescaper.Replace(s) }

// globalServices are the services, and single types, whose resources have no region.
// Amazon's own list is in the IAM user guide and in the endpoint tables of each service.
var globalServices = []string{
	"AWS::IAM::", "AWS::Route53::", "AWS::CloudFront::", "AWS::Organizations::",
	"AWS::GlobalAccelerator::", "AWS::Shield::", "AWS::Budgets::", "AWS::CE::",
	"AWS::CloudWatch::Dashboard", // every region shows the same ones
}

// IsGlobal reports whether resources of the type live in region "global": one for the
// account, whatever region an app is deployed to.
func IsGlobal(typ string) bool {
	return slices.ContainsFunc(globalServices, func(s string) bool { return strings.HasPrefix(typ, s) })
}
