package aws

import (
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

func init() {
	register(Reader{
		Type:   "PCF::Account::S3PublicAccess",
		Global: true,
		Calls:  map[string]string{"S3 Control.GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock"},
		Reads:  append([]string{"/AccountId"}, publicAccessBlock...),
		list:   readS3PublicAccess,
	})
}

var publicAccessBlock = []string{"/BlockPublicAcls", "/BlockPublicPolicy", "/IgnorePublicAcls", "/RestrictPublicBuckets"}

func readS3PublicAccess(ctx context.Context, c *cell) error {
	it := c.accountFacts()
	out, err := s3ControlClient(c).GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: &c.account})
	if it.read(unless(err, "NoSuchPublicAccessBlockConfiguration"), publicAccessBlock...) {
		block := &types.PublicAccessBlockConfiguration{}
		if out != nil && out.PublicAccessBlockConfiguration != nil {
			block = out.PublicAccessBlockConfiguration
		}
		// What is not set does not block.
		it.set("BlockPublicAcls", block.BlockPublicAcls != nil && *block.BlockPublicAcls)
		it.set("BlockPublicPolicy", block.BlockPublicPolicy != nil && *block.BlockPublicPolicy)
		it.set("IgnorePublicAcls", block.IgnorePublicAcls != nil && *block.IgnorePublicAcls)
		it.set("RestrictPublicBuckets", block.RestrictPublicBuckets != nil && *block.RestrictPublicBuckets)
	}
	c.emit(it)
	return nil
}

// s3ControlClient puts the account into the path alone where the endpoint is not AWS's own:
// an emulator has no host name for each account.
func s3ControlClient(c *cell) *s3control.Client {
	return s3control.NewFromConfig(c.cfg, func(o *s3control.Options) {
		if o.BaseEndpoint != nil {
			o.EndpointResolverV2 = fixedEndpoint(*o.BaseEndpoint)
		}
	})
}

type fixedEndpoint string

func (e fixedEndpoint) ResolveEndpoint(context.Context, s3control.EndpointParameters) (smithyendpoints.Endpoint, error) {
	u, err := url.Parse(string(e))
	if err != nil {
		return smithyendpoints.Endpoint{}, err
	}
	return smithyendpoints.Endpoint{URI: *u}, nil
}
