package awscloud

import (
	"context"
	"fmt"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type: "AWS::S3::Bucket",
		Tags: map[string]string{"S3.PutBucketTagging": "s3:PutBucketTagging"},
		Repairs: map[string]string{
			"S3.CreateBucket": "s3:CreateBucket s3:TagResource", "S3.PutBucketEncryption": "s3:PutEncryptionConfiguration",
			"S3.PutBucketVersioning": "s3:PutBucketVersioning", "S3.PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
			"S3.PutBucketLogging": "s3:PutBucketLogging", "S3.PutBucketOwnershipControls": "s3:PutBucketOwnershipControls",
			"S3.PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration", "S3.DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
			"S3.PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration", "S3.PutBucketCors": "s3:PutBucketCORS",
			"S3.DeleteBucketCors": "s3:PutBucketCORS", "S3.PutBucketWebsite": "s3:PutBucketWebsite",
			"S3.DeleteBucketWebsite": "s3:DeleteBucketWebsite", "S3.PutBucketNotificationConfiguration": "s3:PutBucketNotification",
		},
		Reaps: map[string]string{
			"S3.DeleteBucket": "s3:DeleteBucket", "S3.DeleteObjects": "s3:DeleteObject s3:DeleteObjectVersion",
			"S3.AbortMultipartUpload": "s3:AbortMultipartUpload",
		},
		Reads: map[string]string{
			"S3.HeadBucket": "s3:ListBucket", "S3.ListObjectVersions": "s3:ListBucketVersions",
			"S3.ListMultipartUploads": "s3:ListBucketMultipartUploads",
		},
		NotFound: []string{"NoSuchBucket", "NotFound"},
		// Blocking public access, encryption, ownership and versioning can be set, and not be taken
		// away: that would open what is closed.
		Updates: []string{
			"/BucketEncryption", "/CorsConfiguration", "/LifecycleConfiguration", "/LoggingConfiguration", "/NotificationConfiguration",
			"/ObjectLockConfiguration", "/OwnershipControls", "/PublicAccessBlockConfiguration", "/VersioningConfiguration", "/WebsiteConfiguration",
		},
		Removes: []string{"/CorsConfiguration", "/LifecycleConfiguration", "/LoggingConfiguration", "/NotificationConfiguration", "/WebsiteConfiguration"},
		Later: []string{
			"BucketEncryption", "CorsConfiguration", "LifecycleConfiguration", "LoggingConfiguration", "NotificationConfiguration",
			"ObjectLockConfiguration", "OwnershipControls", "PublicAccessBlockConfiguration", "VersioningConfiguration", "WebsiteConfiguration",
		},
		named: byName("BucketName"),
		exists: func(ctx context.Context, c *call) error {
			_, err := s3Client(c).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &c.ref.ID})
			return err
		},
		create: createBucket,
		update: updateBucket,
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			return changeBucketTags(ctx, c, func(all map[string]string) {
				for key, value := range tags {
					all[key] = value
				}
			})
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			return changeBucketTags(ctx, c, func(all map[string]string) {
				for _, key := range keys {
					delete(all, key)
				}
			})
		},
		Steps:  []string{plan.StepDeleteVersions},
		delete: deleteBucket,
	})
}

// s3Client talks to buckets by path where the endpoint is not AWS's own: an emulator has no
// host name for each bucket.
func s3Client(c *call) *s3.Client {
	return s3.NewFromConfig(c.cfg, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })
}

// createBucket gives the tags along, and sees to it that they are there: S3 takes them in
// the request, what stands in for it in a test or a private cloud may not.
func createBucket(ctx context.Context, c *call, n creation) (string, error) {
	name := n.nameOf("BucketName")
	configuration := props{"Tags": tagList(n.tags)}
	if c.ref.Region != "us-east-1" { // which S3 refuses to hear
		configuration["LocationConstraint"] = c.ref.Region
	}
	members := with(n.props, props{
		"Bucket": name, "CreateBucketConfiguration": configuration, "BucketName": nil, "ObjectLockEnabled": nil, "AccessControl": nil,
	})
	if n.props["ObjectLockEnabled"] == true {
		members["ObjectLockEnabledForBucket"] = true
	}
	if acl := text(n.props, "AccessControl"); acl != "" && acl != "Private" {
		return "", unsupported("/AccessControl", "an ACL that opens a bucket is set by nobody but a person")
	}
	if _, err := send(ctx, s3Client(c).CreateBucket, members); err != nil {
		return "", err
	}
	c.ref.ID = name
	return name, changeBucketTags(ctx, c, func(all map[string]string) {
		for key, value := range n.tags {
			all[key] = value
		}
	})
}

// changeBucketTags reads the tags and writes them back changed: S3 knows only all of them
// at once, and no condition. What somebody else writes between the two is lost.
func changeBucketTags(ctx context.Context, c *call, change func(all map[string]string)) error {
	client := s3Client(c)
	before := map[string]string{}
	out, err := client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &c.ref.ID})
	if err := unless(err, "NoSuchTagSet"); err != nil {
		return err
	}
	after := map[string]string{}
	if out != nil {
		for _, t := range out.TagSet {
			before[sdk.ToString(t.Key)] = sdk.ToString(t.Value)
			after[sdk.ToString(t.Key)] = sdk.ToString(t.Value)
		}
	}
	if change(after); len(before) == len(after) && carries(&inventory.Resource{Tags: before}, after) {
		return nil
	}
	_, err = send(ctx, client.PutBucketTagging, props{"Bucket": c.ref.ID, "Tagging": props{"TagSet": tagList(after)}})
	return err
}

func updateBucket(ctx context.Context, c *call, u update) error {
	client := s3Client(c)
	bucket := props{"Bucket": c.ref.ID}
	var b batch
	if e := object(u.after, "BucketEncryption"); u.has("BucketEncryption") {
		var rules []any
		list, _ := e["ServerSideEncryptionConfiguration"].([]any)
		for _, r := range list {
			rule, _ := r.(map[string]any)
			rules = append(rules, renamed(rule, map[string]string{"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}))
		}
		add(&b, client.PutBucketEncryption, with(bucket, props{"ServerSideEncryptionConfiguration": props{"Rules": rules}}))
	}
	if u.has("VersioningConfiguration") {
		add(&b, client.PutBucketVersioning, with(bucket, only(u.after, "VersioningConfiguration")))
	}
	if u.has("PublicAccessBlockConfiguration") {
		add(&b, client.PutPublicAccessBlock, with(bucket, only(u.after, "PublicAccessBlockConfiguration")))
	}
	if u.has("OwnershipControls") {
		add(&b, client.PutBucketOwnershipControls, with(bucket, only(u.after, "OwnershipControls")))
	}
	if u.has("ObjectLockConfiguration") {
		add(&b, client.PutObjectLockConfiguration, with(bucket, only(u.after, "ObjectLockConfiguration")))
	}
	if u.has("LoggingConfiguration") {
		status := props{}
		if l := object(u.after, "LoggingConfiguration"); l != nil {
			enabled := renamed(l, map[string]string{"DestinationBucketName": "TargetBucket", "LogFilePrefix": "TargetPrefix"})
			if enabled["TargetPrefix"] == nil {
				enabled["TargetPrefix"] = "" // S3 wants to hear it
			}
			status["LoggingEnabled"] = enabled
		}
		add(&b, client.PutBucketLogging, with(bucket, props{"BucketLoggingStatus": status}))
	}
	switch l := object(u.after, "LifecycleConfiguration"); {
	case !u.has("LifecycleConfiguration"):
	case l == nil:
		add(&b, client.DeleteBucketLifecycle, bucket)
	default:
		rules, err := lifecycleRules(l["Rules"])
		if err != nil {
			return err
		}
		add(&b, client.PutBucketLifecycleConfiguration, with(bucket, with(
			only(l, "TransitionDefaultMinimumObjectSize"), props{"LifecycleConfiguration": props{"Rules": rules}})))
	}
	switch cors := object(u.after, "CorsConfiguration"); {
	case !u.has("CorsConfiguration"):
	case cors == nil:
		add(&b, client.DeleteBucketCors, bucket)
	default:
		var rules []any
		list, _ := cors["CorsRules"].([]any)
		for _, r := range list {
			rule, _ := r.(map[string]any)
			rules = append(rules, renamed(rule, map[string]string{"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds"}))
		}
		add(&b, client.PutBucketCors, with(bucket, props{"CORSConfiguration": props{"CORSRules": rules}}))
	}
	switch w := object(u.after, "WebsiteConfiguration"); {
	case !u.has("WebsiteConfiguration"):
	case w == nil:
		add(&b, client.DeleteBucketWebsite, bucket)
	default:
		add(&b, client.PutBucketWebsite, with(bucket, props{"WebsiteConfiguration": website(w)}))
	}
	if u.has("NotificationConfiguration") {
		configuration, err := notifications(object(u.after, "NotificationConfiguration"))
		if err != nil {
			return err
		}
		add(&b, client.PutBucketNotificationConfiguration, with(bucket, props{"NotificationConfiguration": configuration}))
	}
	return b.send(ctx)
}

// renamed returns an object with other names for some of its members.
func renamed(o props, names map[string]string) props {
	out := props{}
	for name, v := range o {
		if to := names[name]; to != "" {
			name = to
		}
		out[name] = v
	}
	return out
}

// lifecycleRules writes CloudFormation's flat rules as S3 takes them: with a filter and an
// expiration of their own.
func lifecycleRules(list any) (rules []any, err error) {
	flat, _ := list.([]any)
	for i, e := range flat {
		r, _ := e.(map[string]any)
		rule := without(r, "Id", "ExpirationInDays", "ExpirationDate", "ExpiredObjectDeleteMarker", "Prefix", "TagFilters", "ObjectSizeGreaterThan",
			"ObjectSizeLessThan", "Transitions", "NoncurrentVersionTransitions")
		for _, old := range []string{"NoncurrentVersionExpirationInDays", "NoncurrentVersionTransition", "Transition"} {
			if r[old] != nil {
				return nil, unsupported(fmt.Sprintf("/LifecycleConfiguration/Rules/%d/%s", i, old), "use the newer property")
			}
		}
		if r["Id"] != nil {
			rule["ID"] = r["Id"]
		}
		expiration := renamed(only(r, "ExpirationInDays", "ExpirationDate", "ExpiredObjectDeleteMarker"),
			map[string]string{"ExpirationInDays": "Days", "ExpirationDate": "Date"})
		if len(expiration) > 0 {
			rule["Expiration"] = expiration
		}
		filter := only(r, "Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan")
		tags, _ := r["TagFilters"].([]any)
		switch {
		case len(tags) == 1 && len(filter) == 0:
			filter = props{"Tag": tags[0]}
		case len(filter)+len(tags) > 1:
			filter = props{"And": with(filter, props{"Tags": tags})}
		case len(filter) == 0:
			filter = props{"Prefix": ""} // all objects
		}
		rule["Filter"] = filter
		if transitions, has := r["Transitions"].([]any); has {
			rule["Transitions"] = renamedAll(transitions, map[string]string{"TransitionInDays": "Days", "TransitionDate": "Date"})
		}
		if transitions, has := r["NoncurrentVersionTransitions"].([]any); has {
			rule["NoncurrentVersionTransitions"] = renamedAll(transitions, map[string]string{"TransitionInDays": "NoncurrentDays"})
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

func renamedAll(list []any, names map[string]string) (out []any) {
	for _, e := range list {
		o, _ := e.(map[string]any)
		out = append(out, renamed(o, names))
	}
	return out
}

func website(w props) props {
	site := without(w, "IndexDocument", "ErrorDocument", "RoutingRules")
	if index := w["IndexDocument"]; index != nil {
		site["IndexDocument"] = props{"Suffix": index}
	}
	if document := w["ErrorDocument"]; document != nil {
		site["ErrorDocument"] = props{"Key": document}
	}
	if rules, has := w["RoutingRules"].([]any); has {
		site["RoutingRules"] = renamedAll(rules, map[string]string{"RedirectRule": "Redirect", "RoutingRuleCondition": "Condition"})
	}
	return site
}

// notifications writes CloudFormation's entries, with one event each, as S3 takes them.
func notifications(n props) (props, error) {
	out := props{}
	for _, kind := range []struct{ from, target, to, arn string }{
		{"LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"},
		{"QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"},
		{"TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"},
	} {
		var list []any
		entries, _ := n[kind.from].([]any)
		for _, e := range entries {
			entry, _ := e.(map[string]any)
			configuration := props{kind.arn: entry[kind.target], "Events": []any{entry["Event"]}}
			if rules, has := object(object(entry, "Filter"), "S3Key")["Rules"]; has {
				configuration["Filter"] = props{"Key": props{"FilterRules": rules}}
			}
			list = append(list, configuration)
		}
		if len(list) > 0 {
			out[kind.to] = list
		}
	}
	for name := range n {
		switch name {
		case "LambdaConfigurations", "QueueConfigurations", "TopicConfigurations":
		case "EventBridgeConfiguration":
			if object(n, name)["EventBridgeEnabled"] != false {
				out[name] = props{}
			}
		default:
			return nil, unsupported("/NotificationConfiguration/"+name, "no call sets it")
		}
	}
	return out, nil
}

// deleteBucket empties a bucket first when a step says so, and never one with a lock on its
// objects.
func deleteBucket(ctx context.Context, c *call, live *inventory.Resource, steps []plan.Step) error {
	client := s3Client(c)
	if named(steps, plan.StepDeleteVersions, c.ref.ID) {
		if live.Properties["ObjectLockEnabled"] != false {
			return &reaper.Blocked{By: "object lock, or it is not known whether there is one"}
		}
		if err := emptyBucket(ctx, c, client); err != nil {
			return err
		}
	}
	_, err := client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &c.ref.ID})
	return err
}

// emptyBucket deletes what is in a bucket, up to a bound: whoever called calls again for the
// rest, and may be stopped in between.
func emptyBucket(ctx context.Context, c *call, client *s3.Client) error {
	const pages = 20 // of a thousand versions
	for range pages {
		list, err := client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &c.ref.ID})
		if err != nil {
			return err
		}
		var doomed []types.ObjectIdentifier
		for _, v := range list.Versions {
			doomed = append(doomed, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range list.DeleteMarkers {
			doomed = append(doomed, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		if len(doomed) == 0 {
			return abortUploads(ctx, c, client)
		}
		out, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &c.ref.ID, Delete: &types.Delete{Objects: doomed, Quiet: sdk.Bool(true)}})
		if err != nil {
			return err
		}
		if len(out.Errors) > 0 { // a lock on the object, a policy
			e := out.Errors[0]
			return &reaper.Blocked{By: strings.Join([]string{sdk.ToString(e.Key), sdk.ToString(e.Code), sdk.ToString(e.Message)}, " ")}
		}
	}
	return fmt.Errorf("%w: the bucket holds more than is deleted at a time", reaper.ErrUnavailable)
}

func abortUploads(ctx context.Context, c *call, client *s3.Client) error {
	out, err := client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &c.ref.ID})
	if err != nil {
		return err
	}
	for _, upload := range out.Uploads {
		_, err := client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &c.ref.ID, Key: upload.Key, UploadId: upload.UploadId})
		if err := unless(err, "NoSuchUpload"); err != nil {
			return err
		}
	}
	return nil
}
