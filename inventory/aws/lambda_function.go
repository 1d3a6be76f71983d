package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func init() {
	register(Reader{
		Type: "AWS::Lambda::Function",
		Calls: map[string]string{
			"Lambda.ListFunctions":          "lambda:ListFunctions",
			"Lambda.ListTags":               "lambda:ListTags",
			"Lambda.GetFunctionConcurrency": "lambda:GetFunctionConcurrency",
		},
		Reads: []string{
			"/Architectures", "/Arn", "/CapacityProviderConfig", "/DeadLetterConfig", "/Description", "/DurableConfig",
			"/Environment", "/EphemeralStorage", "/FileSystemConfigs", "/FunctionName", "/Handler", "/ImageConfig",
			"/KmsKeyArn", "/Layers", "/LoggingConfig", "/MemorySize", "/PackageType", "/ReservedConcurrentExecutions",
			"/Role", "/Runtime", "/SnapStartResponse", "/Tags", "/TenancyConfig", "/Timeout", "/TracingConfig", "/VpcConfig",
		},
		BulkTags: "lambda:function",
		list:     listFunctions,
	})
}

func listFunctions(ctx context.Context, c *cell) error {
	client := lambda.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListFunctions(ctx, &lambda.ListFunctionsInput{Marker: token})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.Functions))
		each(out.Functions, func(f types.FunctionConfiguration) { c.function(ctx, client, f) })
		return len(out.Functions), out.NextMarker, nil
	})
}

func (c *cell) function(ctx context.Context, client *lambda.Client, f types.FunctionConfiguration) {
	it := c.item(sdk.ToString(f.FunctionName), sdk.ToString(f.FunctionArn))
	it.merge(f, map[string]string{"FunctionArn": "Arn", "KMSKeyArn": "KmsKeyArn", "SnapStart": "SnapStartResponse"})
	if f.ImageConfigResponse != nil {
		it.set("ImageConfig", f.ImageConfigResponse.ImageConfig)
	}
	var layers []string
	for _, l := range f.Layers {
		layers = append(layers, sdk.ToString(l.Arn))
	}
	delete(it.props, "Layers") // ours are ARNs only
	it.set("Layers", layers)
	if f.VpcConfig == nil || sdk.ToString(f.VpcConfig.VpcId) == "" && len(f.VpcConfig.SubnetIds) == 0 {
		delete(it.props, "VpcConfig") // an empty one means none
	}
	if e := f.Environment; e != nil && e.Error != nil {
		// Lambda may not decrypt the variables for this caller.
		it.read(&deniedError{"read the environment", sdk.ToString(e.Error.ErrorCode)}, "/Environment")
		delete(it.props, "Environment")
	}
	it.State = string(f.State)

	if !it.taggedInBulk() {
		tags, err := client.ListTags(ctx, &lambda.ListTagsInput{Resource: f.FunctionArn})
		if gone(err, "ResourceNotFoundException") {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(tags.Tags)
		}
	}
	concurrency, err := client.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: f.FunctionName})
	if it.read(err, "/ReservedConcurrentExecutions") {
		it.set("ReservedConcurrentExecutions", concurrency.ReservedConcurrentExecutions)
	}
	c.emit(it)
}
