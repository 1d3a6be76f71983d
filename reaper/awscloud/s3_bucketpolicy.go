package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{ // a policy cannot have tags
		Type:     "AWS::S3::BucketPolicy",
		Repairs:  map[string]string{"S3.PutBucketPolicy": "s3:PutBucketPolicy"},
		Reaps:    map[string]string{"S3.DeleteBucketPolicy": "s3:DeleteBucketPolicy"},
		NotFound: []string{"NoSuchBucketPolicy", "NoSuchBucket"},
		Updates:  []string{"/PolicyDocument"},
		exists: func(ctx context.Context, c *call) error {
			_, err := s3Client(c).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			members := with(renamed(n.props, map[string]string{"PolicyDocument": "Policy"}), nil)
			_, err := send(ctx, s3Client(c).PutBucketPolicy, members)
			return text(n.props, "Bucket"), err
		},
		update: func(ctx context.Context, c *call, u update) error {
			_, err := send(ctx, s3Client(c).PutBucketPolicy, props{"Bucket": c.ref.ID, "Policy": u.after["PolicyDocument"]})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := s3Client(c).DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: &c.ref.ID})
			return err
		},
	})
}
