package aws

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func init() {
	register(Reader{
		Type:   "PCF::Account::CredentialReport",
		Global: true,
		Calls: map[string]string{
			"IAM.GetCredentialReport":  "iam:GetCredentialReport",
			"IAM.ListUsers":            "iam:ListUsers",
			"IAM.GetLoginProfile":      "iam:GetLoginProfile",
			"IAM.ListMFADevices":       "iam:ListMFADevices",
			"IAM.ListAccessKeys":       "iam:ListAccessKeys",
			"IAM.GetAccessKeyLastUsed": "iam:GetAccessKeyLastUsed",
		},
		Reads: []string{"/AccountId", "/GeneratedTime", "/Users"},
		list:  readCredentialReport,
	})
}

// readCredentialReport takes the report that somebody had IAM make in the last hours.
// Making one is no read, so where there is none the users are asked one by one.
func readCredentialReport(ctx context.Context, c *cell) error {
	it := c.accountFacts()
	client := iam.NewFromConfig(c.cfg)
	out, err := client.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	if it.read(unless(err, "ReportNotPresent", "ReportExpired", "ReportInProgress"), "/GeneratedTime", "/Users") {
		var users []map[string]any
		if err == nil {
			it.set("GeneratedTime", out.GeneratedTime)
			users, err = reportedUsers(out.Content)
		} else {
			users, err = askedUsers(ctx, client)
		}
		if it.read(err, "/Users") {
			it.set("Users", users)
		}
	}
	c.emit(it)
	return nil
}

// reportedUsers reads the report: CSV with a heading, one line per user. The values
// become what the schema says when the resource is finished.
func reportedUsers(report []byte) ([]map[string]any, error) {
	lines, err := csv.NewReader(bytes.NewReader(report)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%w: the credential report is no CSV: %w", errAnswer, err)
	}
	if len(lines) == 0 || len(lines[0]) == 0 || lines[0][0] != "user" {
		return nil, fmt.Errorf("%w: the credential report has no heading", errAnswer)
	}
	columns := lines[0]
	for i, column := range columns {
		columns[i] = pascal(column)
	}
	users := []map[string]any{}
	for _, line := range lines[1:] {
		user := map[string]any{}
		for i, value := range line {
			switch value {
			case "", "N/A", "no_information", "not_supported": // nothing to tell
			default:
				user[columns[i]] = value
				if t, err := time.Parse(time.RFC3339, value); err == nil {
					user[columns[i]] = t
				}
			}
		}
		users = append(users, user)
	}
	return users, nil
}

// pascal writes access_key_1_active as AccessKey1Active.
func pascal(column string) string {
	words := strings.Split(column, "_")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}

// askedUsers finds out what a report would say, with the calls that IAM has for each
// piece, sorted by name. What only the report knows is missing: the root user, and when a
// password was changed or must be.
func askedUsers(ctx context.Context, client *iam.Client) ([]map[string]any, error) {
	var mu sync.Mutex
	found := []map[string]any{}
	var failed error
	err := users(ctx, client, func(u types.User) {
		user, err := askedUser(ctx, client, u)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case gone(err, "NoSuchEntity"):
		case err != nil:
			failed = either(failed, err)
		default:
			found = append(found, user)
		}
	})
	return sorted(found, "User"), either(err, failed)
}

func askedUser(ctx context.Context, client *iam.Client, u types.User) (map[string]any, error) {
	user := map[string]any{"User": u.UserName, "Arn": u.Arn, "UserCreationTime": u.CreateDate, "PasswordLastUsed": u.PasswordLastUsed}
	_, err := client.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: u.UserName})
	user["PasswordEnabled"] = err == nil
	if unless(err, "NoSuchEntity") != nil { // which means that there is no password
		return nil, err
	}
	devices := 0
	err = pages(func(token *string) (int, *string, error) {
		out, err := client.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: u.UserName, Marker: token})
		if err != nil {
			return 0, nil, err
		}
		devices += len(out.MFADevices)
		next, err := marker(out.IsTruncated, out.Marker)
		return len(out.MFADevices), next, err
	})
	if err != nil {
		return nil, err
	}
	user["MfaActive"] = devices > 0

	keys, err := accessKeys(ctx, client, u.UserName)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(keys, func(a, b types.AccessKeyMetadata) int {
		return cmp.Or(sdk.ToTime(a.CreateDate).Compare(sdk.ToTime(b.CreateDate)), cmp.Compare(sdk.ToString(a.AccessKeyId), sdk.ToString(b.AccessKeyId)))
	})
	for n := range 2 { // IAM allows no more
		key := fmt.Sprintf("AccessKey%d", n+1)
		user[key+"Active"] = false
		if n >= len(keys) {
			continue
		}
		user[key+"Active"] = keys[n].Status == types.StatusTypeActive
		user[key+"LastRotated"] = keys[n].CreateDate
		used, err := client.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: keys[n].AccessKeyId})
		if err != nil {
			return nil, err
		}
		if last := used.AccessKeyLastUsed; last != nil && last.LastUsedDate != nil {
			user[key+"LastUsedDate"] = last.LastUsedDate
			user[key+"LastUsedRegion"] = last.Region
			user[key+"LastUsedService"] = last.ServiceName
		}
	}
	return user, nil
}
