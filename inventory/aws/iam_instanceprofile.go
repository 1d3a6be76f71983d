package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func init() {
	register(Reader{
		Type:   "AWS::IAM::InstanceProfile",
		Global: true,
		Calls: map[string]string{
			"IAM.ListInstanceProfiles": "iam:ListInstanceProfiles",
			"IAM.GetInstanceProfile":   "iam:GetInstanceProfile",
		},
		Reads: []string{"/Arn", "/InstanceProfileName", "/Path", "/Roles"},
		list:  listInstanceProfiles,
	})
}

func listInstanceProfiles(ctx context.Context, c *cell) error {
	client := iam.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{Marker: token, MaxItems: sdk.Int32(1000)})
		if err != nil {
			return 0, nil, err
		}
		each(out.InstanceProfiles, func(p types.InstanceProfile) { c.instanceProfile(ctx, client, p) })
		next, err := marker(out.IsTruncated, out.Marker)
		return len(out.InstanceProfiles), next, err
	})
}

func (c *cell) instanceProfile(ctx context.Context, client *iam.Client, p types.InstanceProfile) {
	it := c.item(sdk.ToString(p.InstanceProfileName), sdk.ToString(p.Arn))
	it.set("Arn", p.Arn)
	it.set("InstanceProfileName", p.InstanceProfileName)
	it.set("Path", p.Path)
	roles := []string{}
	for _, r := range p.Roles {
		roles = append(roles, sdk.ToString(r.RoleName))
	}
	it.set("Roles", roles)
	it.created(p.CreateDate)

	// The listing leaves the tags out.
	whole, err := client.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: p.InstanceProfileName})
	if gone(err, "NoSuchEntity") {
		return
	}
	if it.read(err, "/Tags") && whole.InstanceProfile != nil {
		it.tag(whole.InstanceProfile.Tags)
	}
	c.emit(it)
}
