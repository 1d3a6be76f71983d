package rules

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// networkFunctions adds what rules say about the entries of security groups:
//
//	internet(entry)     the entry's source is the internet
//	covers(entry, port) the entry lets TCP traffic to the port through
//
// An entry is an element of SecurityGroupIngress, or the properties of an
// AWS::EC2::SecurityGroupIngress.
func networkFunctions() []cel.EnvOption {
	return []cel.EnvOption{
		cel.Function("internet", cel.Overload("internet_entry", []*cel.Type{cel.DynType}, cel.BoolType,
			cel.UnaryBinding(internet))),
		cel.Function("covers", cel.Overload("covers_entry_port", []*cel.Type{cel.DynType, cel.IntType}, cel.BoolType,
			cel.BinaryBinding(covers))),
	}
}

// internet looks at both address families. Security groups and prefix lists as sources are
// not the internet.
func internet(entry ref.Val) ref.Val {
	m, ok := entry.(traits.Mapper)
	if !ok {
		return types.NewErr("internet() wants an entry of a security group, not %s", entry.Type().TypeName())
	}
	verdict := ref.Val(types.False)
	for _, name := range []string{"CidrIp", "CidrIpv6"} {
		v, ok := m.Find(types.String(name))
		if !ok {
			continue
		}
		s, ok := v.(types.String)
		if !ok {
			verdict = or(verdict, types.MaybeNoSuchOverloadErr(v))
			continue
		}
		open, err := wholeInternet(string(s))
		if err != nil {
			verdict = or(verdict, types.NewErr("%s: %v", name, err))
			continue
		}
		verdict = or(verdict, types.Bool(open))
	}
	return verdict
}

// A range this wide belongs to nobody: it is the internet, also when it is written as the
// two halves 0.0.0.0/1 and 128.0.0.0/1. The shortest prefixes that registries hand out are
// /8 of IPv4 and /12 of IPv6.
const (
	shortestOwned4 = 8
	shortestOwned6 = 12
)

func wholeInternet(s string) (bool, error) {
	p, err := netip.ParsePrefix(strings.TrimSpace(s))
	if err != nil {
		return false, err
	}
	switch {
	case p.Addr().Is4():
		return p.Bits() < shortestOwned4, nil
	case p.Addr().Is4In6(): // ::ffff:0.0.0.0/96 is all of IPv4
		return p.Bits() < 96+shortestOwned4, nil
	}
	return p.Bits() < shortestOwned6, nil
}

// covers follows EC2: protocol -1 is every protocol and every port, whatever the ports say;
// tcp is also written 6; a port that is absent or -1 does not limit that side.
func covers(entry, port ref.Val) ref.Val {
	m, ok := entry.(traits.Mapper)
	p, isInt := port.(types.Int)
	if !ok || !isInt {
		return types.NewErr("covers() wants an entry of a security group and a port number")
	}
	var all, tcp ref.Val = types.False, types.True // a protocol that is absent limits nothing
	if v, ok := m.Find(types.String("IpProtocol")); ok {
		switch v := v.(type) {
		case types.String:
			name := strings.ToLower(strings.TrimSpace(string(v)))
			all, tcp = types.Bool(name == "-1" || name == "all"), types.Bool(name == "tcp" || name == "6")
		case types.Int:
			all, tcp = types.Bool(v == -1), types.Bool(v == 6)
		default:
			all, tcp = types.MaybeNoSuchOverloadErr(v), types.MaybeNoSuchOverloadErr(v)
		}
	}
	from := portLimit(m, "FromPort", func(limit int64) bool { return limit <= int64(p) })
	to := portLimit(m, "ToPort", func(limit int64) bool { return limit >= int64(p) })
	return or(all, and(tcp, and(from, to)))
}

func portLimit(m traits.Mapper, name string, admits func(int64) bool) ref.Val {
	v, ok := m.Find(types.String(name))
	if !ok {
		return types.True
	}
	var limit int64
	switch v := v.(type) {
	case types.Int:
		limit = int64(v)
	case types.String: // in entries without a schema
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil {
			return types.NewErr("%s is not a port: %s", name, v)
		}
		limit = n
	default:
		return types.MaybeNoSuchOverloadErr(v)
	}
	return types.Bool(limit == -1 || admits(limit))
}

// or and and are the connectives of CEL: a definite operand that decides wins over an
// unknown, and an unknown over an error.
func or(a, b ref.Val) ref.Val {
	if a == types.True || b == types.True {
		return types.True
	}
	return undecided(a, b, types.False)
}

func and(a, b ref.Val) ref.Val {
	if a == types.False || b == types.False {
		return types.False
	}
	return undecided(a, b, types.True)
}

func not(a ref.Val) ref.Val {
	if b, ok := a.(types.Bool); ok {
		return !b
	}
	return a
}

func undecided(a, b, decided ref.Val) ref.Val {
	u, _ := types.MaybeMergeUnknowns(a, nil)
	u, _ = types.MaybeMergeUnknowns(b, u)
	switch {
	case u != nil:
		return u
	case types.IsError(a):
		return a
	case types.IsError(b):
		return b
	}
	return decided
}
