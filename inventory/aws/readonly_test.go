package aws

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	sdkmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// operations lists every operation of every service whose client is in the program, as
// "service id.operation", from the source of the SDK.
func operations(t *testing.T) []string {
	t.Helper()
	modules, err := exec.Command("go", "list", "-m", "-f", "{{.Path}} {{.Dir}}", "all").Output()
	require.NoError(t, err)
	serviceID := regexp.MustCompile(`(?m)^const ServiceID = "(.+)"`)
	var all []string
	for _, line := range strings.Split(string(modules), "\n") {
		path, dir, _ := strings.Cut(line, " ")
		rest, service := strings.CutPrefix(path, "github.com/aws/aws-sdk-go-v2/service/")
		if !service || strings.Contains(rest, "/") || dir == "" {
			continue
		}
		client, err := os.ReadFile(filepath.Join(dir, "api_client.go"))
		require.NoError(t, err)
		id := serviceID.FindSubmatch(client)
		require.NotNil(t, id, dir)
		files, err := filepath.Glob(filepath.Join(dir, "api_op_*.go"))
		require.NoError(t, err)
		for _, f := range files {
			all = append(all, string(id[1])+"."+strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), "api_op_"), ".go"))
		}
	}
	return all
}

// passes runs the middleware of a reading client for one operation and reports whether
// the call would have gone on.
func passes(t *testing.T, cfg sdk.Config, service, operation string) (reached bool, err error) {
	t.Helper()
	stack := middleware.NewStack(operation, smithyhttp.NewStackRequest)
	require.NoError(t, stack.Initialize.Add(&sdkmiddleware.RegisterServiceMetadata{ServiceID: service, OperationName: operation}, middleware.Before))
	for _, option := range cfg.APIOptions {
		require.NoError(t, option(stack))
	}
	handler := middleware.DecorateHandler(middleware.HandlerFunc(func(context.Context, any) (any, middleware.Metadata, error) {
		reached = true
		return nil, middleware.Metadata{}, nil
	}), stack)
	_, _, err = handler.Handle(t.Context(), nil)
	return reached, err
}

// Of every operation that the SDK has for the services in use, a reading client lets
// pass what a reader declares and nothing else.
func TestReadingCannotWrite(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("NOT CHECKED: the go command, which lists the SDK's operations, is not there")
	}
	cfg := ReadOnly(ReadOnly(sdk.Config{})) // twice is once
	all, passed := operations(t), 0
	for _, call := range all {
		service, operation, _ := strings.Cut(call, ".")
		reached, err := passes(t, cfg, service, operation)
		if knownReads()[call] {
			passed++
			assert.True(t, reached, "%s is declared by a reader", call)
			assert.NoError(t, err)
			continue
		}
		assert.False(t, reached, "%s is declared by no reader", call)
		assert.ErrorIs(t, err, ErrWrite, call)
	}
	assert.Equal(t, len(knownReads()), passed, "every declared call is an operation of the SDK")
	assert.Greater(t, len(all), 1000, "ec2 alone has hundreds")
}

// What a reader's file declares by mistake is refused all the same when its name is that
// of a write.
func TestDeclaredWriteIsRefused(t *testing.T) {
	knownReads()["EC2.TerminateInstances"] = true
	defer delete(knownReads(), "EC2.TerminateInstances")
	assert.False(t, isKnownRead("EC2", "TerminateInstances"))
}

// The real clients send no byte for a write, and do not even ask for credentials.
func TestClientsSendNothing(t *testing.T) {
	asked := false
	cfg := ReadOnly(sdk.Config{
		Region: "eu-west-1",
		Credentials: sdk.CredentialsProviderFunc(func(ctx context.Context) (sdk.Credentials, error) {
			asked = true
			return credentials.NewStaticCredentialsProvider("a", "b", "").Retrieve(ctx)
		}),
		HTTPClient: roundTrip(func(r *http.Request) (*http.Response, error) {
			t.Errorf("%s %s was sent", r.Method, r.URL)
			return nil, os.ErrInvalid
		}),
	})
	ctx, name := t.Context(), sdk.String("x")
	for why, call := range map[string]func() error{
		"terminate an instance": func() error {
			_, err := ec2.NewFromConfig(cfg).TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{"i-1"}})
			return err
		},
		"tag": func() error {
			_, err := ec2.NewFromConfig(cfg).CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{"i-1"}, Tags: []types.Tag{}})
			return err
		},
		"delete a bucket": func() error {
			_, err := s3.NewFromConfig(cfg).DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: name})
			return err
		},
		"read data instead of configuration": func() error {
			_, err := s3.NewFromConfig(cfg).GetObject(ctx, &s3.GetObjectInput{Bucket: name, Key: name})
			return err
		},
		"create a role": func() error {
			_, err := iam.NewFromConfig(cfg).CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: name})
			return err
		},
		"change a table": func() error {
			_, err := dynamodb.NewFromConfig(cfg).UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: name})
			return err
		},
	} {
		assert.ErrorIs(t, call(), ErrWrite, why)
	}
	assert.False(t, asked, "the refusal comes before signing")
}

// roundTrip is an HTTP client made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) Do(r *http.Request) (*http.Response, error) { return f(r) }
