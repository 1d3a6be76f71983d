package aws

import (
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"
)

func init() {
	register(Reader{
		Type: "AWS::CodeBuild::Project",
		Calls: map[string]string{
			"CodeBuild.ListProjects":     "codebuild:ListProjects",
			"CodeBuild.BatchGetProjects": "codebuild:BatchGetProjects",
		},
		Reads: []string{
			"/Arn", "/Artifacts", "/AutoRetryLimit", "/BadgeEnabled", "/BuildBatchConfig", "/Cache", "/ConcurrentBuildLimit",
			"/Description", "/EncryptionKey", "/Environment", "/FileSystemLocations", "/Id", "/LogsConfig", "/Name",
			"/QueuedTimeoutInMinutes", "/ResourceAccessRole", "/SecondaryArtifacts", "/SecondarySourceVersions",
			"/SecondarySources", "/ServiceRole", "/Source", "/SourceVersion", "/Tags", "/TimeoutInMinutes", "/Triggers",
			"/Visibility", "/VpcConfig",
		},
		list: listBuildProjects,
	})
}

func listBuildProjects(ctx context.Context, c *cell) error {
	const most = 100 // names in one call
	client := codebuild.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		listed, err := client.ListProjects(ctx, &codebuild.ListProjectsInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		for names := range slices.Chunk(listed.Projects, most) {
			out, err := client.BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{Names: names})
			if err != nil {
				return 0, nil, err
			}
			for _, p := range out.Projects { // others were deleted meanwhile
				c.emit(c.buildProject(p))
			}
		}
		return len(listed.Projects), listed.NextToken, nil
	})
}

func (c *cell) buildProject(p types.Project) *item {
	it := c.item(sdk.ToString(p.Name), sdk.ToString(p.Arn))
	it.merge(p, map[string]string{"ProjectVisibility": "Visibility"})
	it.set("Id", p.Name)
	if p.Badge != nil {
		it.set("BadgeEnabled", p.Badge.BadgeEnabled)
	}
	if p.VpcConfig != nil && sdk.ToString(p.VpcConfig.VpcId) == "" {
		delete(it.props, "VpcConfig") // an empty one means none
	}
	if w := p.Webhook; w != nil {
		it.set("Triggers", map[string]any{
			"Webhook": true, "BuildType": w.BuildType, "FilterGroups": w.FilterGroups,
			"PullRequestBuildPolicy": w.PullRequestBuildPolicy, "ScopeConfiguration": w.ScopeConfiguration,
		})
	}
	it.respell()
	it.tag(p.Tags)
	it.created(p.Created)
	return it
}
