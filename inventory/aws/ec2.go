package aws

import (
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
