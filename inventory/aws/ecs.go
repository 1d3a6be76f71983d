package aws

import (
	"context"
	"fmt"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// inactive is what ECS calls a cluster or service that was deleted: it stays in answers
// for a while.
const inactive = "INACTIVE"

// clusterARNs calls page with the ARNs of the region's clusters, 100 at most at a time.
func clusterARNs(ctx context.Context, client *ecs.Client, page func(arns []string)) error {
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListClusters(ctx, &ecs.ListClustersInput{NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		page(out.ClusterArns)
		return len(out.ClusterArns), out.NextToken, nil
	})
}

// leftOut says why an answer of ECS that should be about several resources has nothing
// about this one: no error means that it was deleted since it was listed.
func leftOut(call, arn string, failures []types.Failure) error {
	for _, f := range failures {
		if sdk.ToString(f.Arn) != arn {
			continue
		}
		if sdk.ToString(f.Reason) == "MISSING" {
			return nil
		}
		return fmt.Errorf("%s: %s %s", call, sdk.ToString(f.Reason), sdk.ToString(f.Detail))
	}
	return fmt.Errorf("%s: %w: it leaves out what was asked for", call, errAnswer)
}

// afterSlash returns the last part of an ARN whose resource is a path.
func afterSlash(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// notEmpty returns err, or the error that a successful answer is empty: it would read
// as a resource with nothing set.
func notEmpty(err error, call string, there bool) error {
	if err == nil && !there {
		return fmt.Errorf("%s: %w: it describes nothing", call, errAnswer)
	}
	return err
}
