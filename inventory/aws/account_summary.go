package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func init() {
	register(Reader{
		Type:   "PCF::Account::Summary",
		Global: true,
		Calls:  map[string]string{"IAM.GetAccountSummary": "iam:GetAccountSummary"},
		Reads:  append([]string{"/AccountId"}, summaryKeys()...),
		list: func(ctx context.Context, c *cell) error {
			it := c.accountFacts()
			out, err := iam.NewFromConfig(c.cfg).GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
			if it.read(err, summaryKeys()...) {
				for key, value := range out.SummaryMap {
					it.set(key, value)
				}
			}
			c.emit(it)
			return nil
		},
	})
}

// summaryKeys are pointers to the facts that the SDK knows of.
func summaryKeys() (keys []string) {
	for _, key := range types.SummaryKeyType("").Values() {
		keys = append(keys, "/"+string(key))
	}
	return keys
}
