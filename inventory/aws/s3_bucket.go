package aws

import (
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func init() {
	register(Reader{
		Type: "AWS::S3::Bucket",
		Calls: map[string]string{
			"S3.ListBuckets":                        "s3:ListAllMyBuckets",
			"S3.GetBucketTagging":                   "s3:GetBucketTagging",
			"S3.GetBucketEncryption":                "s3:GetEncryptionConfiguration",
			"S3.GetBucketVersioning":                "s3:GetBucketVersioning",
			"S3.GetPublicAccessBlock":               "s3:GetBucketPublicAccessBlock",
			"S3.GetBucketLogging":                   "s3:GetBucketLogging",
			"S3.GetBucketOwnershipControls":         "s3:GetBucketOwnershipControls",
			"S3.GetBucketLifecycleConfiguration":    "s3:GetLifecycleConfiguration",
			"S3.GetObjectLockConfiguration":         "s3:GetBucketObjectLockConfiguration",
			"S3.GetBucketAcl":                       "s3:GetBucketAcl",
			"S3.GetBucketCors":                      "s3:GetBucketCORS",
			"S3.GetBucketWebsite":                   "s3:GetBucketWebsite",
			"S3.GetBucketReplication":               "s3:GetReplicationConfiguration",
			"S3.GetBucketNotificationConfiguration": "s3:GetBucketNotification",
		},
		Reads: []string{
			"/Arn", "/BucketName", "/Tags", "/CorsConfiguration", "/WebsiteConfiguration", "/NotificationConfiguration",
			"/ReplicationConfiguration/Role", "/ReplicationConfiguration/Rules/*/DeleteMarkerReplication",
			"/ReplicationConfiguration/Rules/*/Destination", "/ReplicationConfiguration/Rules/*/Filter", "/ReplicationConfiguration/Rules/*/Id",
			"/ReplicationConfiguration/Rules/*/Priority", "/ReplicationConfiguration/Rules/*/SourceSelectionCriteria",
			"/ReplicationConfiguration/Rules/*/Status",
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
		Derives: []string{"/AccessControl"},
		list: func(ctx context.Context, c *cell) error {
			client := s3Client(c)
			return c.buckets(ctx, client, func(b types.Bucket) { c.bucket(ctx, client, b) })
		},
		one: byID("Prefix"),
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
	acl, err := client.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: name})
	if it.read(err, "/AccessControl") {
		if canned := cannedACL(acl.Owner, acl.Grants); canned != "" {
			it.derive("AccessControl", canned)
		}
	}
	cors, err := client.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: name})
	if it.read(unless(err, "NoSuchCORSConfiguration"), "/CorsConfiguration") && cors != nil {
		it.set("CorsConfiguration", map[string]any{"CorsRules": corsRules(cors.CORSRules)})
	}
	site, err := client.GetBucketWebsite(ctx, &s3.GetBucketWebsiteInput{Bucket: name})
	if it.read(unless(err, "NoSuchWebsiteConfiguration"), "/WebsiteConfiguration") && site != nil {
		it.set("WebsiteConfiguration", website(site))
	}
	replication, err := client.GetBucketReplication(ctx, &s3.GetBucketReplicationInput{Bucket: name})
	if it.read(unless(err, "ReplicationConfigurationNotFoundError"), "/ReplicationConfiguration") && replication != nil {
		if r := replication.ReplicationConfiguration; r != nil {
			it.set("ReplicationConfiguration", map[string]any{"Role": r.Role, "Rules": replicationRules(r.Rules)})
		}
	}
	notification, err := client.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: name})
	if it.read(err, "/NotificationConfiguration") {
		it.set("NotificationConfiguration", notifications(notification))
	}
	c.emit(it)
}

// The groups that canned ACLs grant something to.
const (
	everybody   = "http://acs.amazonaws.com/groups/global/AllUsers"
	anyAccount  = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
	logDelivery = "http://acs.amazonaws.com/groups/s3/LogDelivery"
)

// cannedACLs are the grants of each canned ACL besides the owner's full control, sorted. Those
// about the owner of an object mean the first one on a bucket; that of EC2 bundles grants
// something to an account, and stays unread. Source: "Canned ACL" in the S3 user guide.
var cannedACLs = map[string]string{
	"":                  "Private",
	everybody + " READ": "PublicRead",
	everybody + " READ," + everybody + " WRITE":         "PublicReadWrite",
	anyAccount + " READ":                                "AuthenticatedRead",
	logDelivery + " READ_ACP," + logDelivery + " WRITE": "LogDeliveryWrite",
}

// cannedACL returns the canned ACL that consists of exactly these grants, or "".
func cannedACL(owner *types.Owner, grants []types.Grant) string {
	var others []string
	owned := false
	for _, g := range grants {
		to := g.Grantee
		switch {
		case to == nil:
			return ""
		case to.URI != nil:
			others = append(others, *to.URI+" "+string(g.Permission))
		case owner != nil && to.ID != nil && *to.ID == sdk.ToString(owner.ID) && g.Permission == types.PermissionFullControl:
			owned = true
		default:
			return "" // another account, or less than full control
		}
	}
	if !owned {
		return ""
	}
	slices.Sort(others)
	return cannedACLs[strings.Join(others, ",")]
}

func corsRules(rules []types.CORSRule) []map[string]any {
	list := []map[string]any{}
	for _, r := range rules {
		list = append(list, map[string]any{
			"AllowedHeaders": r.AllowedHeaders, "AllowedMethods": r.AllowedMethods, "AllowedOrigins": r.AllowedOrigins,
			"ExposedHeaders": r.ExposeHeaders, "Id": r.ID, "MaxAge": r.MaxAgeSeconds,
		})
	}
	return list
}

func website(w *s3.GetBucketWebsiteOutput) map[string]any {
	site := map[string]any{"RedirectAllRequestsTo": w.RedirectAllRequestsTo}
	if w.IndexDocument != nil {
		site["IndexDocument"] = w.IndexDocument.Suffix
	}
	if w.ErrorDocument != nil {
		site["ErrorDocument"] = w.ErrorDocument.Key
	}
	var rules []map[string]any
	for _, r := range w.RoutingRules {
		rules = append(rules, map[string]any{"RedirectRule": r.Redirect, "RoutingRuleCondition": r.Condition})
	}
	site["RoutingRules"] = rules
	return site
}

// replicationRules gives tags in filters CloudFormation's names.
func replicationRules(rules []types.ReplicationRule) []map[string]any {
	list := []map[string]any{}
	for _, r := range rules {
		rule := map[string]any{
			"Id": r.ID, "Priority": r.Priority, "Status": r.Status, "Destination": r.Destination,
			"SourceSelectionCriteria": r.SourceSelectionCriteria, "DeleteMarkerReplication": r.DeleteMarkerReplication,
		}
		if f := r.Filter; f != nil {
			filter := map[string]any{"Prefix": f.Prefix, "TagFilter": f.Tag}
			if f.And != nil {
				filter["And"] = map[string]any{"Prefix": f.And.Prefix, "TagFilters": f.And.Tags}
			}
			rule["Filter"] = filter
		}
		list = append(list, rule)
	}
	return list
}

// notifications writes one entry for each event, where S3 has a list of events in one, or nil when
// the bucket notifies nobody.
func notifications(n *s3.GetBucketNotificationConfigurationOutput) any {
	all := map[string]any{}
	add := func(list, target string, arn *string, events []types.Event, filter *types.NotificationConfigurationFilter) {
		for _, event := range events {
			entry := map[string]any{target: arn, "Event": event}
			if filter != nil && filter.Key != nil && len(filter.Key.FilterRules) > 0 {
				var rules []map[string]any
				for _, r := range filter.Key.FilterRules {
					// S3 answers "Prefix" to who wrote "prefix".
					rules = append(rules, map[string]any{"Name": strings.ToLower(string(r.Name)), "Value": r.Value})
				}
				entry["Filter"] = map[string]any{"S3Key": map[string]any{"Rules": rules}}
			}
			entries, _ := all[list].([]map[string]any)
			all[list] = append(entries, entry)
		}
	}
	for _, c := range n.LambdaFunctionConfigurations {
		add("LambdaConfigurations", "Function", c.LambdaFunctionArn, c.Events, c.Filter)
	}
	for _, c := range n.QueueConfigurations {
		add("QueueConfigurations", "Queue", c.QueueArn, c.Events, c.Filter)
	}
	for _, c := range n.TopicConfigurations {
		add("TopicConfigurations", "Topic", c.TopicArn, c.Events, c.Filter)
	}
	if n.EventBridgeConfiguration != nil {
		all["EventBridgeConfiguration"] = map[string]any{"EventBridgeEnabled": true}
	}
	if len(all) == 0 {
		return nil
	}
	return all
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
