package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func init() {
	register(Reader{
		Type:  "PCF::Account::EbsDefaults",
		Calls: map[string]string{"EC2.GetEbsEncryptionByDefault": "ec2:GetEbsEncryptionByDefault"},
		Reads: []string{"/AccountId", "/EncryptionByDefault"},
		list: func(ctx context.Context, c *cell) error {
			it := c.accountFacts()
			out, err := ec2.NewFromConfig(c.cfg).GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{})
			if it.read(err, "/EncryptionByDefault") {
				it.set("EncryptionByDefault", out.EbsEncryptionByDefault)
			}
			c.emit(it)
			return nil
		},
	})
}
