package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::KeyPair",
		Calls: map[string]string{"EC2.DescribeKeyPairs": "ec2:DescribeKeyPairs"},
		// The public key is not read: EC2 gives it back with a comment of its own, so it
		// is never the text that was declared.
		Reads: []string{"/KeyFingerprint", "/KeyName", "/KeyPairId", "/KeyType", "/Tags"},
		list:  listKeyPairs,
		one:   byID("KeyNames"),
	})
}

// listKeyPairs reads all key pairs in one call: EC2 has no pages here.
func listKeyPairs(ctx context.Context, c *cell) error {
	out, err := ec2.NewFromConfig(c.cfg).DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{})
	if err != nil {
		return err
	}
	for _, k := range out.KeyPairs {
		it := c.item(sdk.ToString(k.KeyName), c.arn("ec2", "key-pair/"+sdk.ToString(k.KeyPairId)))
		it.merge(k, nil)
		it.tag(k.Tags)
		it.created(k.CreateTime)
		c.emit(it)
	}
	return nil
}
