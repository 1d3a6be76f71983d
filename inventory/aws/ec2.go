package aws

import (
	"reflect"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// pageSize is what EC2's describe calls are asked for: within the limits of all of them
// (5 to 1000), and small enough that an answer stays quick.
const pageSize = 500

// managedBy returns why a resource is foreign when an AWS service runs it (EKS Auto Mode,
// for example) and refuses changes by anybody else.
func managedBy(operator *types.OperatorResponse) string {
	if operator == nil || !sdk.ToBool(operator.Managed) {
		return ""
	}
	return "managed by " + sdk.ToString(operator.Principal)
}

// groupIDs and groupNames list the security groups of an instance or interface.
func groupIDs(groups []types.GroupIdentifier) (ids []string) {
	for _, g := range groups {
		ids = append(ids, sdk.ToString(g.GroupId))
	}
	return ids
}

func groupNames(groups []types.GroupIdentifier) (names []string) {
	for _, g := range groups {
		names = append(names, sdk.ToString(g.GroupName))
	}
	return names
}

// byFilter returns a Reader.one that asks only for what a filter lets through. It leaves the
// request for the default VPC alone, which has a filter of its own.
func byFilter(name string, part ...int) func(input any, id string) {
	return func(input any, id string) {
		if len(part) > 0 {
			id = idPart(id, part[0])
		}
		in := reflect.ValueOf(input).Elem()
		if f := in.FieldByName("Filters"); f.IsValid() && f.Len() == 0 {
			f.Set(reflect.ValueOf([]types.Filter{{Name: &name, Values: []string{id}}}))
		}
	}
}
