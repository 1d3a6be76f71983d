package aws

import (
	"context"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

func init() {
	register(Reader{
		Type: "AWS::ApiGateway::Stage",
		Calls: map[string]string{
			"API Gateway.GetRestApis": "apigateway:GET",
			"API Gateway.GetStages":   "apigateway:GET",
		},
		Reads: []string{
			"/AccessLogSetting", "/CacheClusterEnabled", "/CacheClusterSize", "/CanarySetting", "/ClientCertificateId",
			"/DeploymentId", "/Description", "/DocumentationVersion", "/MethodSettings", "/RestApiId", "/StageName", "/Tags",
			"/TracingEnabled", "/Variables",
		},
		list: listStages,
	})
}

// listStages asks each API for its stages, which come all at once.
func listStages(ctx context.Context, c *cell) error {
	client := apigateway.NewFromConfig(c.cfg)
	return restAPIs(ctx, client, func(apis []types.RestApi) {
		each(apis, func(api types.RestApi) {
			out, err := client.GetStages(ctx, &apigateway.GetStagesInput{RestApiId: api.Id})
			if gone(err, "NotFoundException") {
				return
			}
			if err != nil {
				c.fault(err, sdk.ToString(api.Id))
				return
			}
			for _, s := range out.Item {
				c.emit(c.stage(sdk.ToString(api.Id), s))
			}
		})
	})
}

func (c *cell) stage(api string, s types.Stage) *item {
	name := sdk.ToString(s.StageName)
	it := c.item(api+"|"+name, c.apiGatewayARN("/restapis/"+api+"/stages/"+name))
	it.merge(s, map[string]string{"AccessLogSettings": "AccessLogSetting", "CanarySettings": "CanarySetting"})
	it.set("RestApiId", api)
	it.set("MethodSettings", methodSettings(s.MethodSettings))
	delete(it.props, "Tags") // an object here, a list in CloudFormation
	it.tag(s.Tags)
	it.created(s.CreatedDate)
	return it
}

// methodSettings writes settings as a list. Their keys are a path and a method:
// "*/*", "~1/GET" for the root, "~1orders~1{id}/GET" with the slashes of the path escaped.
// CloudFormation puts a slash before the path, and the root is that slash alone.
func methodSettings(settings map[string]types.MethodSetting) []any {
	var list []any
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		slash := strings.LastIndexByte(key, '/')
		if slash < 0 {
			continue // nothing that API Gateway takes
		}
		path := key[:slash]
		if path == "~1" {
			path = ""
		}
		setting, _ := plain(settings[key]).(map[string]any)
		setting["ResourcePath"], setting["HttpMethod"] = "/"+path, key[slash+1:]
		list = append(list, setting)
	}
	return list
}
