package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"go.yaml.in/yaml/v3"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// ErrCredentials says that AWS does not know who is asking: nothing can be read.
var ErrCredentials = errors.New("no usable AWS credentials")

// ErrUnreachable says that the AWS endpoint does not answer: nothing can be read.
var ErrUnreachable = errors.New("AWS cannot be reached")

// ErrAccount says that an account cannot be meant as it was written.
var ErrAccount = errors.New("not a readable account")

// OrganizationRole is the role that AWS Organizations makes in the accounts it creates, and
// that a scan of an organization assumes when no other is named.
const OrganizationRole = "OrganizationAccountAccessRole"

// sessionName is what the accounts that are read see in their audit trail.
const sessionName = "pcf-scan"

// An Account is one account to read.
type Account struct {
	ID string `yaml:"id"` // twelve digits
	// RoleARN is the role of that account to assume. Empty means the caller's own
	// credentials, which must belong to the account.
	RoleARN string `yaml:"role"`
	// ExternalID is what the role's trust policy may ask for; empty for none.
	ExternalID string `yaml:"externalId"`
}

// ParseAccount reads ID or ID=ROLE_ARN. The error wraps [ErrAccount].
func ParseAccount(text string) (Account, error) {
	var a Account
	a.ID, a.RoleARN, _ = strings.Cut(text, "=")
	return a, a.check()
}

// ReadAccounts reads a YAML list of {id, role, externalId}; only id is required. A key that
// is none of these, an account that is no account and one that stands there twice are
// errors that name the file.
func ReadAccounts(path string) ([]Account, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // or a pipe without a writer would be waited for
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	defer func() { _ = f.Close() }()
	const most = 16 << 20 // bytes; an organization of ten thousand accounts needs one megabyte
	decoder := yaml.NewDecoder(io.LimitReader(f, most))
	decoder.KnownFields(true)
	var accounts []Account
	if err := decoder.Decode(&accounts); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read accounts from %s: %w", path, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read accounts from %s: %w: something follows the list; want one list in one document of at most %d MB", path, ErrAccount, most>>20)
	}
	if len(accounts) == 0 {
		return nil, fmt.Errorf("read accounts from %s: %w: there are none; want a list of {id, role, externalId}", path, ErrAccount)
	}
	if err := checkAccounts(accounts); err != nil {
		return nil, fmt.Errorf("read accounts from %s: %w", path, err)
	}
	return accounts, nil
}

var accountID = regexp.MustCompile(`^\d{12}$`)

// check holds what can be known without asking AWS: a role can only lead into the account
// that it is in.
func (a Account) check() error {
	if !accountID.MatchString(a.ID) {
		return fmt.Errorf("%w: %q is no account id (twelve digits)", ErrAccount, a.ID)
	}
	if a.RoleARN == "" {
		if a.ExternalID != "" {
			return fmt.Errorf("%w: account %s has an external id and no role to use it with", ErrAccount, a.ID)
		}
		return nil
	}
	role, err := arn.Parse(a.RoleARN)
	switch {
	case err != nil, role.Service != "iam", !strings.HasPrefix(role.Resource, "role/"):
		return fmt.Errorf("%w: %q is not the ARN of a role (arn:aws:iam::%s:role/NAME)", ErrAccount, a.RoleARN, a.ID)
	case role.AccountID != a.ID:
		return fmt.Errorf("%w: role %s is in account %s and not in %s", ErrAccount, a.RoleARN, role.AccountID, a.ID)
	}
	return nil
}

func checkAccounts(accounts []Account) error {
	seen := map[string]bool{}
	for _, a := range accounts {
		if err := a.check(); err != nil {
			return err
		}
		if seen[a.ID] {
			return fmt.Errorf("%w: account %s stands there twice", ErrAccount, a.ID)
		}
		seen[a.ID] = true
	}
	return nil
}

// An identity is what AWS says about a set of credentials.
type identity struct{ partition, account string }

// identify asks AWS whose credentials these are.
func identify(ctx context.Context, cfg sdk.Config) (identity, error) {
	out, err := sts.NewFromConfig(cfg, func(o *sts.Options) {
		o.RetryMaxAttempts = min(o.RetryMaxAttempts, 3) // somebody is waiting to be told
	}).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return identity{}, err
	}
	who, err := arn.Parse(sdk.ToString(out.Arn))
	if err != nil || sdk.ToString(out.Account) == "" {
		return identity{}, fmt.Errorf("%w: the answer names no account", errAnswer)
	}
	return identity{who.Partition, *out.Account}, nil
}

// callerError says what the user can do when the caller's own credentials do not work.
func callerError(err error) error {
	f := classify(err, inventory.GlobalRegion)
	const help = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws sso login`"
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("find out whose account this is: interrupted: %w", context.Canceled)
	case strings.Contains(err.Error(), "get identity: "), strings.Contains(err.Error(), "failed to refresh cached credentials"):
		return fmt.Errorf("find out whose account this is: %w: none were found, or they cannot be refreshed; %s", ErrCredentials, help)
	case errorCode(err) != "" || f.reason == inventory.Denied:
		return fmt.Errorf("find out whose account this is: %w: AWS refuses them (%s); %s", ErrCredentials, f.detail, help)
	}
	return fmt.Errorf("find out whose account this is: %w (%s); check the network, the proxy settings and AWS_ENDPOINT_URL", ErrUnreachable, f.detail)
}

// homes are the regions in which the services without regions are at home, by partition, with
// the beginning of the names of the partition's regions. Source: the partition metadata in the SDK's
// endpoint rules.
var homes = []struct{ partition, prefix, region string }{
	{"aws-cn", "cn-", "cn-northwest-1"},
	{"aws-us-gov", "us-gov-", "us-gov-west-1"},
	{"aws-iso", "us-iso-", "us-iso-east-1"},
	{"aws-iso-b", "us-isob-", "us-isob-east-1"},
	{"aws-iso-e", "eu-isoe-", "eu-isoe-west-1"},
	{"aws-iso-f", "us-isof-", "us-isof-south-1"},
	{"aws-eusc", "eusc-", "eusc-de-east-1"},
	{"aws", "", "us-east-1"},
}

// homeRegion returns the region in which the partition's services without regions are.
func homeRegion(partition string) string {
	for _, h := range homes {
		if h.partition == partition {
			return h.region
		}
	}
	return "us-east-1"
}

// partitionOf returns the partition of a region, told by its name.
func partitionOf(region string) string {
	for _, h := range homes {
		if strings.HasPrefix(region, h.prefix) {
			return h.partition
		}
	}
	return "aws"
}

// members lists the accounts of the caller's organization: those to read, and a gap for each
// that is suspended or closed.
func members(ctx context.Context, cfg sdk.Config, me identity, role string) (accounts []Account, gaps []inventory.Gap, err error) {
	client := organizations.NewFromConfig(cfg)
	err = pages(func(token *string) (int, *string, error) {
		out, err := client.ListAccounts(ctx, &organizations.ListAccountsInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		for _, member := range out.Accounts {
			a := Account{ID: sdk.ToString(member.Id)}
			if a.ID != me.account {
				a.RoleARN = "arn:" + me.partition + ":iam::" + a.ID + ":role/" + role
			}
			if state := stateOf(member); state != "ACTIVE" {
				gaps = append(gaps, inventory.Gap{Account: a.ID, Reason: inventory.Suspended, Message: "the organization says that the account is " + state})
				continue
			}
			accounts = append(accounts, a)
		}
		return len(out.Accounts), out.NextToken, nil
	})
	return accounts, gaps, err
}

func stateOf(member types.Account) string {
	if member.State != "" {
		return string(member.State)
	}
	return string(member.Status) // which State replaces in September 2026
}

// accounts returns what to read, sorted by id, and the gaps of accounts that are known not to be
// readable. Accounts given one by one win over what the organization says.
func accounts(ctx context.Context, cfg sdk.Config, me identity, opt Options) (list []Account, gaps []inventory.Gap, err error) {
	if err := checkAccounts(opt.Accounts); err != nil {
		return nil, nil, err
	}
	for _, a := range opt.Accounts {
		if a.RoleARN == "" && a.ID != me.account {
			return nil, nil, fmt.Errorf("%w: the credentials belong to account %s; to read %s name a role in it (%s=arn:%s:iam::%s:role/NAME)",
				ErrAccount, me.account, a.ID, a.ID, me.partition, a.ID)
		}
		list = append(list, a)
	}
	given := func(id string) bool {
		return slices.ContainsFunc(opt.Accounts, func(a Account) bool { return a.ID == id })
	}
	if opt.Organization {
		role := opt.RoleName
		if role == "" {
			role = OrganizationRole
		}
		found, suspended, err := members(ctx, cfg, me, role)
		if err != nil {
			f := classify(err, inventory.GlobalRegion)
			gaps = append(gaps, inventory.Gap{Reason: f.reason, Message: f.message(0) + " (which accounts the organization has is not known)"})
		}
		for _, g := range suspended {
			if !given(g.Account) {
				gaps = append(gaps, g)
			}
		}
		found = append(found, Account{ID: me.account})
		for _, a := range found {
			if !given(a.ID) && !slices.ContainsFunc(list, func(l Account) bool { return l.ID == a.ID }) {
				list = append(list, a)
			}
		}
	}
	if len(list) == 0 && !opt.Organization {
		list = []Account{{ID: me.account}}
	}
	slices.SortFunc(list, func(a, b Account) int { return strings.Compare(a.ID, b.ID) })
	return list, gaps, nil
}

// credentialsFor returns the configuration with which an account is read. It is known to
// belong to that account and to no other.
func credentialsFor(ctx context.Context, cfg sdk.Config, me identity, a Account) (sdk.Config, error) {
	if a.RoleARN == "" {
		return cfg, nil // accounts has compared the ids
	}
	own := cfg.Copy()
	cfg.Credentials = sdk.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(own), a.RoleARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = sessionName
		if a.ExternalID != "" {
			o.ExternalID = &a.ExternalID
		}
	}))
	// Ask for the credentials first: then an error is that of AssumeRole alone.
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, err
	}
	who, err := identify(ctx, cfg)
	if err != nil {
		return cfg, err
	}
	if who.account != a.ID || who.partition != me.partition {
		return cfg, fmt.Errorf("%w: role %s leads into account %s", ErrAccount, a.RoleARN, who.account)
	}
	return cfg, nil
}

// InAccount returns cfg with the credentials for one account: its role's, or its own where
// the account has none. [ErrCredentials] when there are none, [ErrAccount] when they lead
// elsewhere. A region is set.
func InAccount(ctx context.Context, cfg sdk.Config, a Account) (sdk.Config, error) {
	cfg = cfg.Copy()
	cfg.Region = cmp.Or(cfg.Region, homeRegion("aws"))
	me, err := identify(ctx, cfg)
	if err != nil {
		return cfg, callerError(err)
	}
	if a.RoleARN == "" && a.ID != "" && a.ID != me.account {
		return cfg, fmt.Errorf("%w: these credentials are for account %s, and %s was asked for: give --account %s=ROLE_ARN", ErrAccount, me.account, a.ID, a.ID)
	}
	return credentialsFor(ctx, cfg, me, a)
}

// enabledRegions lists the regions that the account can use.
func enabledRegions(ctx context.Context, cfg sdk.Config) ([]string, error) {
	out, err := ec2.NewFromConfig(cfg).DescribeRegions(ctx, &ec2.DescribeRegionsInput{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, r := range out.Regions {
		names = append(names, sdk.ToString(r.RegionName))
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("list regions: %w: there are none", errAnswer)
	}
	return names, nil
}
