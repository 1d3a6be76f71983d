package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	w := ec2Tagged(Writer{
		Type:     "AWS::EC2::KeyPair",
		Repairs:  map[string]string{"EC2.ImportKeyPair": "ec2:ImportKeyPair"},
		Reaps:    map[string]string{"EC2.DeleteKeyPair": "ec2:DeleteKeyPair"},
		NotFound: []string{"InvalidKeyPair.NotFound"},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			if n.props["PublicKeyMaterial"] == nil {
				// EC2 would make a private key, and tell it once, to us.
				return "", unsupported("/PublicKeyMaterial", "a key pair is only made from a public key that is given")
			}
			in := &ec2.ImportKeyPairInput{TagSpecifications: ec2TagsFor(types.ResourceTypeKeyPair, n.tags)}
			in.PublicKeyMaterial = []byte(text(n.props, "PublicKeyMaterial"))
			if err := fill(in, without(n.props, "PublicKeyMaterial"), nil); err != nil {
				return "", err
			}
			out, err := ec2.NewFromConfig(c.cfg).ImportKeyPair(ctx, in)
			if err != nil {
				return "", err
			}
			return sdk.ToString(out.KeyName), nil
		},
		delete: func(ctx context.Context, c *call, live *inventory.Resource, _ []plan.Step) error {
			// A new pair of the same name is somebody else's.
			id, err := keyPairID(ctx, c)
			switch {
			case err != nil:
				return err
			case id != live.Properties["KeyPairId"]:
				return reaper.ErrNotFound
			}
			_, err = ec2.NewFromConfig(c.cfg).DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: &c.ref.ID})
			return err
		},
	})
	// EC2 tags a key pair by an id that is not its name.
	w.tag = func(ctx context.Context, c *call, tags map[string]string) error {
		id, err := keyPairID(ctx, c)
		if err != nil {
			return err
		}
		return ec2Tag(ctx, c, id, tags)
	}
	w.untag = func(ctx context.Context, c *call, keys []string) error {
		id, err := keyPairID(ctx, c)
		if err != nil {
			return err
		}
		return ec2Untag(ctx, c, id, keys)
	}
	register(w)
}

func keyPairID(ctx context.Context, c *call) (string, error) {
	out, err := ec2.NewFromConfig(c.cfg).DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{c.ref.ID}})
	if err != nil {
		return "", err
	}
	if len(out.KeyPairs) == 0 {
		return "", reaper.ErrUnavailable
	}
	return sdk.ToString(out.KeyPairs[0].KeyPairId), nil
}
