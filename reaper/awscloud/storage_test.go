package awscloud

import (
	"context"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	team := []any{map[string]any{"Key": "team", "Value": "shop"}}
	try(fixture{
		typ: "AWS::S3::Bucket",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"BucketName": "shop-orders", "Tags": team,
				"VersioningConfiguration": map[string]any{"Status": "Enabled"},
				"BucketEncryption": map[string]any{"ServerSideEncryptionConfiguration": []any{map[string]any{
					"ServerSideEncryptionByDefault": map[string]any{"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": true,
				}}},
				"PublicAccessBlockConfiguration": map[string]any{
					"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
				},
				"OwnershipControls": map[string]any{"Rules": []any{map[string]any{"ObjectOwnership": "BucketOwnerEnforced"}}},
				"LifecycleConfiguration": map[string]any{"TransitionDefaultMinimumObjectSize": "all_storage_classes_128K", "Rules": []any{
					map[string]any{
						"Id": "old", "Status": "Enabled", "Prefix": "logs/", "ExpirationInDays": int64(30),
						"Transitions": []any{map[string]any{"StorageClass": "GLACIER", "TransitionInDays": int64(10)}},
					},
					map[string]any{
						"Id": "tagged", "Status": "Enabled", "TagFilters": []any{map[string]any{"Key": "a", "Value": "b"}},
						"NoncurrentVersionExpiration": map[string]any{"NoncurrentDays": int64(3)},
					},
				}},
				"CorsConfiguration": map[string]any{"CorsRules": []any{map[string]any{
					"AllowedMethods": []any{"GET"}, "AllowedOrigins": []any{"*"}, "MaxAge": int64(30),
				}}},
				"WebsiteConfiguration": map[string]any{"IndexDocument": "index.html", "ErrorDocument": "error.html"},
				"NotificationConfiguration": map[string]any{"QueueConfigurations": []any{map[string]any{
					"Queue": w.queue().Properties["Arn"], "Event": "s3:ObjectCreated:Put",
					"Filter": map[string]any{"S3Key": map[string]any{"Rules": []any{map[string]any{"Name": "prefix", "Value": "in/"}}}},
				}}},
			}
		},
		patches: []plan.Change{
			set("/VersioningConfiguration/Status", "Suspended"), set("/PublicAccessBlockConfiguration/BlockPublicAcls", false),
			set("/CorsConfiguration", nil), set("/WebsiteConfiguration", nil), set("/LifecycleConfiguration", nil), set("/NotificationConfiguration", nil),
		},
		untagged: "it takes no tags in the request that creates",
		notRun: map[string]string{
			"S3.PutBucketLogging":           "TestBucketSettings",
			"S3.PutObjectLockConfiguration": "TestBucketSettings",
			"S3.DeleteObjects":              "TestBucketIsEmptiedOnlyWhenNamed",
			"S3.AbortMultipartUpload":       "TestBucketIsEmptiedOnlyWhenNamed",
		},
	})
	try(fixture{
		typ: "AWS::S3::BucketPolicy",
		props: func(w *world) inventory.Properties {
			bucket := w.need("AWS::S3::Bucket", "policed", inventory.Properties{"BucketName": "shop-policed"})
			return inventory.Properties{"Bucket": bucket.Ref.ID, "PolicyDocument": onBucket(bucket.Ref.ID, "s3:GetObject")}
		},
		patches: []plan.Change{set("/PolicyDocument", onBucket("shop-policed", "s3:PutObject"))},
	})
	try(fixture{
		typ: "AWS::DynamoDB::Table",
		props: func(*world) inventory.Properties {
			return inventory.Properties{
				"TableName": "orders", "BillingMode": "PAY_PER_REQUEST", "Tags": team,
				"AttributeDefinitions":             []any{map[string]any{"AttributeName": "id", "AttributeType": "S"}},
				"KeySchema":                        []any{map[string]any{"AttributeName": "id", "KeyType": "HASH"}},
				"TimeToLiveSpecification":          map[string]any{"Enabled": true, "AttributeName": "until"},
				"PointInTimeRecoverySpecification": map[string]any{"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": int64(35)},
				"SSESpecification":                 map[string]any{"SSEEnabled": true},
				"StreamSpecification":              map[string]any{"StreamViewType": "NEW_IMAGE"},
			}
		},
		patches: []plan.Change{
			set("/PointInTimeRecoverySpecification", map[string]any{"PointInTimeRecoveryEnabled": false}), set("/TimeToLiveSpecification", nil),
			set("/DeletionProtectionEnabled", true), set("/DeletionProtectionEnabled", false),
		},
	})
	try(fixture{
		typ: "AWS::ECR::Repository",
		props: func(*world) inventory.Properties {
			return inventory.Properties{
				"RepositoryName": "shop/orders", "ImageTagMutability": "IMMUTABLE", "Tags": team,
				"LifecyclePolicy": map[string]any{"RegistryId": emulator.Account, "LifecyclePolicyText": `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged",` +
					`"countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}]}`},
				"RepositoryPolicyText": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
					"Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::123456789012:root"}, "Action": "ecr:BatchGetImage",
				}}},
			}
		},
		patches: []plan.Change{
			set("/ImageScanningConfiguration/ScanOnPush", true), set("/ImageTagMutability", "MUTABLE"), set("/LifecyclePolicy", nil),
			set("/RepositoryPolicyText", nil),
		},
	})
}

// onBucket is a policy of a bucket that allows one action to the account.
func onBucket(bucket, action string) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::123456789012:root"}, "Action": action,
		"Resource": "arn:aws:s3:::" + bucket + "/*",
	}}}
}

// What the table test of the bucket cannot set: a target for logs takes a policy first, and a
// lock is for new buckets only.
func TestBucketSettings(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	target := w.need("AWS::S3::Bucket", "logs", inventory.Properties{"BucketName": "shop-logs"}).Ref.ID
	w.need("AWS::S3::BucketPolicy", "logs", inventory.Properties{"Bucket": target, "PolicyDocument": map[string]any{
		"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject",
			"Resource": "arn:aws:s3:::" + target + "/*",
		}},
	}})
	live := w.need("AWS::S3::Bucket", "locked", inventory.Properties{
		"BucketName": "shop-locked", "ObjectLockEnabled": true,
		"LoggingConfiguration": map[string]any{"DestinationBucketName": target, "LogFilePrefix": "x/"},
	})
	assert.Equal(t, map[string]any{"DestinationBucketName": target, "LogFilePrefix": "x/"}, live.Properties["LoggingConfiguration"])
	lock := set("/ObjectLockConfiguration/Rule", map[string]any{"DefaultRetention": map[string]any{"Mode": "GOVERNANCE", "Days": int64(3)}})
	_, err := w.c.Update(ctx, live, []plan.Change{lock, set("/LoggingConfiguration", nil)})
	require.NoError(t, err)
	live = w.observe(live.Ref)
	assert.True(t, covers(live.Properties["ObjectLockConfiguration"], map[string]any{"Rule": lock.To}), "%v", live.Properties["ObjectLockConfiguration"])
	assert.NotContains(t, live.Properties, "LoggingConfiguration")

	_, err = w.c.Delete(ctx, live, []plan.Step{{Name: plan.StepDeleteVersions, ID: live.Ref.ID}})
	require.ErrorIs(t, err, reaper.ErrBlocked, "a lock is obeyed whatever the steps say")
	_, err = w.c.Update(ctx, live, []plan.Change{set("/PublicAccessBlockConfiguration", nil)})
	require.ErrorIs(t, err, reaper.ErrUnsupported, "nothing that closes is taken away")
	_, _, err = w.c.Create(ctx, w.creation("AWS::S3::Bucket", inventory.Properties{"BucketName": "shop-open", "AccessControl": "PublicRead"}))
	require.ErrorIs(t, err, reaper.ErrUnsupported)
}

// A bucket that holds something goes only with a step that names it; then with all versions,
// markers and unfinished uploads.
func TestBucketIsEmptiedOnlyWhenNamed(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	live := w.need("AWS::S3::Bucket", "full", inventory.Properties{"BucketName": "shop-full", "VersioningConfiguration": map[string]any{"Status": "Enabled"}})
	other := w.need("AWS::S3::Bucket", "other", inventory.Properties{"BucketName": "shop-other"})
	client := s3.NewFromConfig(w.cfg, func(o *s3.Options) { o.UsePathStyle = true })
	for _, bucket := range []string{live.Ref.ID, other.Ref.ID} {
		for range 2 {
			_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: sdk.String("a/b"), Body: strings.NewReader("x")})
			require.NoError(t, err)
		}
	}
	_, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &live.Ref.ID, Key: sdk.String("a/b")})
	require.NoError(t, err)
	_, err = client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &live.Ref.ID, Key: sdk.String("c")})
	require.NoError(t, err)

	for _, steps := range [][]plan.Step{nil, {{Name: plan.StepDeleteVersions, ID: other.Ref.ID}}} {
		_, err = w.c.Delete(ctx, live, steps)
		require.ErrorIs(t, err, reaper.ErrBlocked, "%v", steps)
	}
	_, err = w.c.Delete(ctx, live, []plan.Step{{Name: "empty", ID: live.Ref.ID}})
	require.ErrorIs(t, err, reaper.ErrUnsupported, "a step that no deleter knows")
	versions, err := client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &live.Ref.ID})
	require.NoError(t, err)
	assert.Len(t, versions.Versions, 2, "nothing of it was touched")
	w.called()
	_, err = w.c.Delete(ctx, live, []plan.Step{{Name: plan.StepDeleteVersions, Type: live.Ref.Type, ID: live.Ref.ID}})
	require.NoError(t, err)
	assert.Subset(t, w.called(), []string{"S3.DeleteObjects", "S3.AbortMultipartUpload"})
	_, err = w.c.Observe(ctx, live.Ref)
	require.ErrorIs(t, err, reaper.ErrNotFound)
	objects, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &other.Ref.ID})
	require.NoError(t, err)
	assert.Len(t, objects.Contents, 1)
}
