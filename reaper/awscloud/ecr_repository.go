package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type: "AWS::ECR::Repository",
		Tags: map[string]string{"ECR.TagResource": "ecr:TagResource", "ECR.UntagResource": "ecr:UntagResource"},
		Repairs: map[string]string{
			"ECR.CreateRepository": "ecr:CreateRepository ecr:TagResource", "ECR.PutImageScanningConfiguration": "ecr:PutImageScanningConfiguration",
			"ECR.PutImageTagMutability": "ecr:PutImageTagMutability", "ECR.PutLifecyclePolicy": "ecr:PutLifecyclePolicy",
			"ECR.DeleteLifecyclePolicy": "ecr:DeleteLifecyclePolicy", "ECR.SetRepositoryPolicy": "ecr:SetRepositoryPolicy",
			"ECR.DeleteRepositoryPolicy": "ecr:DeleteRepositoryPolicy",
		},
		Reaps:    map[string]string{"ECR.DeleteRepository": "ecr:DeleteRepository"},
		NotFound: []string{"RepositoryNotFoundException"},
		Updates:  []string{"/ImageScanningConfiguration", "/ImageTagMutability", "/LifecyclePolicy", "/RepositoryPolicyText"},
		Removes:  []string{"/LifecyclePolicy", "/RepositoryPolicyText"},
		Later:    []string{"LifecyclePolicy", "RepositoryPolicyText"},
		named:    byName("RepositoryName"),
		exists: func(ctx context.Context, c *call) error {
			_, err := ecr.NewFromConfig(c.cfg).DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{c.ref.ID}})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := n.nameOf("RepositoryName")
			members := with(n.props, props{"RepositoryName": name, "Tags": tagList(n.tags)})
			delete(members, "EmptyOnDelete") // says what CloudFormation shall do when it deletes; the repository has no such property
			_, err := send(ctx, ecr.NewFromConfig(c.cfg).CreateRepository, members)
			return name, err
		},
		update: func(ctx context.Context, c *call, u update) error {
			client := ecr.NewFromConfig(c.cfg)
			repository := props{"RepositoryName": c.ref.ID}
			var b batch
			if u.has("ImageScanningConfiguration") {
				add(&b, client.PutImageScanningConfiguration, with(repository, only(u.after, "ImageScanningConfiguration")))
			}
			if u.has("ImageTagMutability") {
				add(&b, client.PutImageTagMutability, with(repository, only(u.after, "ImageTagMutability")))
			}
			switch {
			case !u.has("LifecyclePolicy"):
			case u.after["LifecyclePolicy"] == nil:
				add(&b, client.DeleteLifecyclePolicy, repository)
			default:
				add(&b, client.PutLifecyclePolicy, with(object(u.after, "LifecyclePolicy"), repository))
			}
			switch {
			case !u.has("RepositoryPolicyText"):
			case u.after["RepositoryPolicyText"] == nil:
				add(&b, client.DeleteRepositoryPolicy, repository)
			default:
				add(&b, client.SetRepositoryPolicy, with(repository, props{"PolicyText": u.after["RepositoryPolicyText"]}))
			}
			return b.send(ctx)
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, ecr.NewFromConfig(c.cfg).TagResource, props{"ResourceArn": c.arn("ecr", "repository/"+c.ref.ID), "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, ecr.NewFromConfig(c.cfg).UntagResource, props{"ResourceArn": c.arn("ecr", "repository/"+c.ref.ID), "TagKeys": keys})
			return err
		},
		Steps: []string{plan.StepDeleteImages},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, steps []plan.Step) error {
			// Without force ECR refuses when it holds images.
			images := named(steps, plan.StepDeleteImages, c.ref.ID)
			_, err := send(ctx, ecr.NewFromConfig(c.cfg).DeleteRepository, props{"RepositoryName": c.ref.ID, "Force": images})
			return err
		},
	})
}
