package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func init() {
	register(Reader{
		Type: "AWS::S3::Bucket",
		Calls: map[string]string{
			"S3.ListBuckets":                     "s3:ListAllMyBuckets",
			"S3.GetBucketTagging":                "s3:GetBucketTagging",
			"S3.GetBucketEncryption":             "s3:GetEncryptionConfiguration",
			"S3.GetBucketVersioning":             "s3:GetBucketVersioning",
			"S3.GetPublicAccessBlock":            "s3:GetBucketPublicAccessBlock",
			"S3.GetBucketLogging":                "s3:GetBucketLogging",
			"S3.GetBucketOwnershipControls":      "s3:GetBucketOwnershipControls",
			"S3.GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
			"S3.GetObjectLockConfiguration":      "s3:GetBucketObjectLockConfiguration",
		},
		Reads: []string{
			"/Arn", "/BucketName", "/Tags",
			"/BucketEncryption", "/VersioningConfiguration", "/PublicAccessBlockConfiguration", "/LoggingConfiguration",
			"/OwnershipControls", "/ObjectLockConfiguration", "/ObjectLockEnabled",
			"/LifecycleConfiguration/TransitionDefaultMinimumObjectSize",
			"/LifecycleConfiguration/Rules/*/AbortIncompleteMultipartUpload", "/LifecycleConfiguration/Rules/*/ExpirationDate",
			"/LifecycleConfiguration/Rules/*/ExpirationInDays", "/LifecycleConfiguration/Rules/*/Id",
			"/LifecycleConfiguration/Rules/*/NoncurrentVersionExpiration", "/LifecycleConfiguration/Rules/*/NoncurrentVersionTransitions",
			"/LifecycleConfiguration/Rules/*/ObjectSizeGreaterThan", "/LifecycleConfiguration/Rules/*/ObjectSizeLessThan",
			"/LifecycleConfiguration/Rules/*/Prefix", "/LifecycleConfiguration/Rules/*/Status",
			"/LifecycleConfiguration/Rules/*/TagFilters", "/LifecycleConfiguration/Rules/*/Transitions",
		},
		list: func(ctx context.Context, c *cell) error {
			client := s3Client(c)
			return c.buckets(ctx, client, func(b types.Bucket) { c.bucket(ctx, client, b) })
		},
	})
}

// s3Client talks to buckets by path where the endpoint is not AWS's own: an emulator has
// no host name for each bucket.
func s3Client(c *cell) *s3.Client {
	return s3.NewFromConfig(c.cfg, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })
}

// buckets calls do for every bucket of the cell's region.
func (c *cell) buckets(ctx context.Context, client *s3.Client, do func(types.Bucket)) error {
	const most = 10_000 // a page; S3 allows no more
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListBuckets(ctx, &s3.ListBucketsInput{
			BucketRegion: sdk.String(c.region), MaxBuckets: sdk.Int32(most), ContinuationToken: token,
		})
		if err != nil {
			return 0, nil, err
		}
		each(out.Buckets, do)
		next, err := marker(len(out.Buckets) == most, out.ContinuationToken)
		if out.ContinuationToken != nil {
			next, err = out.ContinuationToken, nil
		}
		return len(out.Buckets), next, err
	})
}

func (c *cell) bucket(ctx context.Context, client *s3.Client, b types.Bucket) {
	name := b.Name
	it := c.item(sdk.ToString(name), "arn:"+c.partition+":s3:::"+sdk.ToString(name))
	it.set("BucketName", name)
	it.set("Arn", it.ARN)
	it.created(b.CreationDate)

	tags, err := client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: name})
	if gone(err, "NoSuchBucket") {
		return
	}
	if it.read(unless(err, "NoSuchTagSet"), "/Tags") {
		if tags == nil {
			tags = &s3.GetBucketTaggingOutput{}
		}
		it.tag(tags.TagSet)
	}
	encryption, err := client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: name})
	if it.read(unless(err, "ServerSideEncryptionConfigurationNotFoundError"), "/BucketEncryption") && encryption != nil {
		it.set("BucketEncryption", bucketEncryption(encryption.ServerSideEncryptionConfiguration))
	}
	versioning, err := client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: name})
	if it.read(err, "/VersioningConfiguration") && versioning.Status != "" {
		it.set("VersioningConfiguration", map[string]any{"Status": versioning.Status})
	}
	access, err := client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
	if it.read(unless(err, "NoSuchPublicAccessBlockConfiguration"), "/PublicAccessBlockConfiguration") && access != nil {
		it.set("PublicAccessBlockConfiguration", access.PublicAccessBlockConfiguration)
	}
	logging, err := client.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: name})
	if it.read(err, "/LoggingConfiguration") && logging.LoggingEnabled != nil {
		l := logging.LoggingEnabled
		it.set("LoggingConfiguration", map[string]any{
			"DestinationBucketName": l.TargetBucket, "LogFilePrefix": l.TargetPrefix, "TargetObjectKeyFormat": l.TargetObjectKeyFormat,
		})
	}
	ownership, err := client.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: name})
	if it.read(unless(err, "OwnershipControlsNotFoundError"), "/OwnershipControls") && ownership != nil {
		it.set("OwnershipControls", ownership.OwnershipControls)
	}
	lifecycle, err := client.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: name})
	if it.read(unless(err, "NoSuchLifecycleConfiguration"), "/LifecycleConfiguration") && lifecycle != nil {
		it.set("LifecycleConfiguration", map[string]any{
			"Rules": lifecycleRules(lifecycle.Rules), "TransitionDefaultMinimumObjectSize": lifecycle.TransitionDefaultMinimumObjectSize,
		})
	}
	lock, err := client.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: name})
	if it.read(unless(err, "ObjectLockConfigurationNotFoundError"), "/ObjectLockConfiguration", "/ObjectLockEnabled") {
		enabled := lock != nil && lock.ObjectLockConfiguration != nil && lock.ObjectLockConfiguration.ObjectLockEnabled == types.ObjectLockEnabledEnabled
		it.set("ObjectLockEnabled", enabled)
		if enabled {
			it.set("ObjectLockConfiguration", lock.ObjectLockConfiguration)
		}
	}
	c.emit(it)
}

func bucketEncryption(e *types.ServerSideEncryptionConfiguration) any {
	if e == nil {
		return nil
	}
	rules := []map[string]any{}
	for _, r := range e.Rules {
		rules = append(rules, map[string]any{
			"ServerSideEncryptionByDefault": r.ApplyServerSideEncryptionByDefault,
			"BucketKeyEnabled":              r.BucketKeyEnabled,
			"BlockedEncryptionTypes":        r.BlockedEncryptionTypes,
		})
	}
	return map[string]any{"ServerSideEncryptionConfiguration": rules}
}

// lifecycleRules writes rules in CloudFormation's flat form: the filter's parts and the
// expiration stand in the rule itself, and days are called ...InDays.
func lifecycleRules(rules []types.LifecycleRule) []map[string]any {
	flat := []map[string]any{}
	for _, r := range rules {
		rule := map[string]any{
			"Id": r.ID, "Status": r.Status,
			"Prefix":                         r.Prefix, //nolint:staticcheck // deprecated, and still what old rules have
			"AbortIncompleteMultipartUpload": r.AbortIncompleteMultipartUpload,
			"NoncurrentVersionExpiration":    r.NoncurrentVersionExpiration,
		}
		if e := r.Expiration; e != nil {
			rule["ExpirationInDays"], rule["ExpirationDate"] = e.Days, e.Date
		}
		if f := r.Filter; f != nil {
			and := f.And
			if and == nil {
				and = &types.LifecycleRuleAndOperator{Prefix: f.Prefix, ObjectSizeGreaterThan: f.ObjectSizeGreaterThan, ObjectSizeLessThan: f.ObjectSizeLessThan}
				if f.Tag != nil {
					and.Tags = []types.Tag{*f.Tag}
				}
			}
			if and.Prefix != nil {
				rule["Prefix"] = and.Prefix
			}
			rule["ObjectSizeGreaterThan"], rule["ObjectSizeLessThan"], rule["TagFilters"] = and.ObjectSizeGreaterThan, and.ObjectSizeLessThan, and.Tags
		}
		var transitions, noncurrent []map[string]any
		for _, t := range r.Transitions {
			transitions = append(transitions, map[string]any{"StorageClass": t.StorageClass, "TransitionInDays": t.Days, "TransitionDate": t.Date})
		}
		for _, t := range r.NoncurrentVersionTransitions {
			noncurrent = append(noncurrent, map[string]any{"StorageClass": t.StorageClass, "TransitionInDays": t.NoncurrentDays, "NewerNoncurrentVersions": t.NewerNoncurrentVersions})
		}
		rule["Transitions"], rule["NoncurrentVersionTransitions"] = transitions, noncurrent
		flat = append(flat, rule)
	}
	return flat
}
