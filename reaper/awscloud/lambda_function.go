package awscloud

import (
	"archive/zip"
	"bytes"
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type: "AWS::Lambda::Function",
		Tags: map[string]string{"Lambda.TagResource": "lambda:TagResource", "Lambda.UntagResource": "lambda:UntagResource"},
		Repairs: map[string]string{
			"Lambda.CreateFunction":              "lambda:CreateFunction lambda:TagResource iam:PassRole",
			"Lambda.UpdateFunctionConfiguration": "lambda:UpdateFunctionConfiguration iam:PassRole",
			"Lambda.PutFunctionConcurrency":      "lambda:PutFunctionConcurrency", "Lambda.DeleteFunctionConcurrency": "lambda:DeleteFunctionConcurrency",
		},
		Reaps:    map[string]string{"Lambda.DeleteFunction": "lambda:DeleteFunction"},
		Reads:    map[string]string{"Lambda.GetFunctionConfiguration": "lambda:GetFunctionConfiguration"},
		NotFound: []string{"ResourceNotFoundException"},
		Updates: []string{
			"/DeadLetterConfig", "/Description", "/Environment", "/EphemeralStorage", "/FileSystemConfigs", "/Handler", "/ImageConfig", "/KmsKeyArn",
			"/Layers", "/LoggingConfig", "/MemorySize", "/ReservedConcurrentExecutions", "/Role", "/Runtime", "/Timeout", "/TracingConfig",
			"/VpcConfig",
		},
		Removes: []string{
			"/DeadLetterConfig", "/Description", "/Environment", "/FileSystemConfigs", "/KmsKeyArn", "/Layers", "/ReservedConcurrentExecutions", "/VpcConfig",
		},
		Later: []string{"ReservedConcurrentExecutions"},
		named: byName("FunctionName"),
		exists: func(ctx context.Context, c *call) error {
			_, err := lambda.NewFromConfig(c.cfg).GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &c.ref.ID})
			return err
		},
		create: createFunction,
		update: updateFunction,
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, lambda.NewFromConfig(c.cfg).TagResource, props{"Resource": c.arn("lambda", "function:"+c.ref.ID), "Tags": tags})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, lambda.NewFromConfig(c.cfg).UntagResource, props{"Resource": c.arn("lambda", "function:"+c.ref.ID), "TagKeys": keys})
			return err
		},
		Holds: map[string]string{"Lambda.PutFunctionConcurrency": "lambda:PutFunctionConcurrency", "Lambda.DeleteFunctionConcurrency": "lambda:DeleteFunctionConcurrency"},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, lambda.NewFromConfig(c.cfg).DeleteFunction, props{"FunctionName": c.ref.ID})
			return err
		},
	})
}

func createFunction(ctx context.Context, c *call, n creation) (string, error) {
	name := n.nameOf("FunctionName")
	members := with(n.props, props{"FunctionName": name, "Tags": n.tags})
	inline := text(object(n.props, "Code"), "ZipFile")
	if inline != "" {
		members["Code"] = with(object(n.props, "Code"), props{"ZipFile": nil})
	}
	input := &lambda.CreateFunctionInput{}
	if err := fill(input, members, nil); err != nil {
		return "", err
	}
	if inline != "" {
		archive, err := zipped(inlineFile(text(n.props, "Runtime")), inline)
		if err != nil {
			return "", err
		}
		input.Code.ZipFile = archive
	}
	_, err := lambda.NewFromConfig(c.cfg).CreateFunction(ctx, input)
	if err != nil && codeOf(err) == "InvalidParameterValueException" && strings.Contains(err.Error(), "cannot be assumed by Lambda") {
		return "", tooEarly(err, codeOf(err)) // a role that was made a moment ago
	}
	return name, err
}

// inlineFile is the file that CloudFormation puts inline code into. Source: "AWS::Lambda::Function
// Code", ZipFile, in the CloudFormation reference.
func inlineFile(runtime string) string {
	if strings.HasPrefix(runtime, "nodejs") {
		return "index.js"
	}
	return "index.py"
}

// zipped is an archive with one file, the same bytes for the same text.
func zipped(name, text string) ([]byte, error) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	file, err := w.Create(name)
	if err == nil {
		_, err = file.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	return archive.Bytes(), err
}

func updateFunction(ctx context.Context, c *call, u update) error {
	client := lambda.NewFromConfig(c.cfg)
	// What takes away a property of the configuration.
	none := props{
		"DeadLetterConfig": props{"TargetArn": ""}, "Description": "", "Environment": props{"Variables": props{}}, "FileSystemConfigs": []any{},
		"KmsKeyArn": "", "Layers": []any{}, "VpcConfig": props{"SubnetIds": []any{}, "SecurityGroupIds": []any{}},
	}
	configuration := with(u.changed(), props{"ReservedConcurrentExecutions": nil})
	for name, empty := range none {
		if u.has(name) && u.after[name] == nil {
			configuration[name] = empty
		}
	}
	var b batch
	if len(configuration) > 0 {
		add(&b, client.UpdateFunctionConfiguration, with(configuration, props{"FunctionName": c.ref.ID}))
	}
	switch {
	case !u.has("ReservedConcurrentExecutions"):
	case u.after["ReservedConcurrentExecutions"] == nil:
		add(&b, client.DeleteFunctionConcurrency, props{"FunctionName": c.ref.ID})
	default:
		add(&b, client.PutFunctionConcurrency, props{"FunctionName": c.ref.ID, "ReservedConcurrentExecutions": u.after["ReservedConcurrentExecutions"]})
	}
	return tooEarly(b.send(ctx), "ResourceConflictException") // it is still being made or changed
}
