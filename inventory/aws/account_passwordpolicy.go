package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

func init() {
	register(Reader{
		Type:   "PCF::Account::PasswordPolicy",
		Global: true,
		Calls:  map[string]string{"IAM.GetAccountPasswordPolicy": "iam:GetAccountPasswordPolicy"},
		Reads:  append([]string{"/AccountId"}, passwordPolicy...),
		list:   readPasswordPolicy,
	})
}

var passwordPolicy = []string{
	"/AllowUsersToChangePassword", "/Custom", "/ExpirePasswords", "/HardExpiry", "/MaxPasswordAge", "/MinimumPasswordLength",
	"/PasswordReusePrevention", "/RequireLowercaseCharacters", "/RequireNumbers", "/RequireSymbols", "/RequireUppercaseCharacters",
}

func readPasswordPolicy(ctx context.Context, c *cell) error {
	it := c.accountFacts()
	out, err := iam.NewFromConfig(c.cfg).GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
	if it.read(unless(err, "NoSuchEntity"), passwordPolicy...) {
		it.set("Custom", out != nil)
		if out != nil && out.PasswordPolicy != nil {
			it.merge(out.PasswordPolicy, nil)
		} else {
			// AWS's default policy: eight characters, of any three of the four kinds (so none
			// of them is required by itself), and no expiry. Source: IAM User Guide, "Set an
			// account password policy for IAM users".
			it.set("MinimumPasswordLength", 8)
			for _, off := range []string{
				"ExpirePasswords", "RequireLowercaseCharacters", "RequireNumbers", "RequireSymbols", "RequireUppercaseCharacters",
			} {
				it.set(off, false)
			}
		}
	}
	c.emit(it)
	return nil
}
