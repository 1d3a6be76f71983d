package aws

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	sdkmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ErrWrite is returned, before anything is sent, for every operation that is not a
// known read. errors.Is finds it in what the SDK returns.
var ErrWrite = errors.New("this operation is not a known read, and reading clients refuse it")

// errAnswer marks a successful answer whose body is no answer at all.
var errAnswer = errors.New("the answer cannot be decoded")

const (
	// attempts bounds how often one call is tried, unless the user's own SDK
	// configuration says otherwise.
	attempts = 5
	// attemptTimeout bounds one HTTP exchange. Every call of a reader answers in
	// seconds; the bound is for what hangs.
	attemptTimeout = 30 * time.Second
	// maxAnswer bounds the body of one answer, in bytes. The largest pages are a few megabytes.
	maxAnswer = 64 << 20
)

// coreCalls are the calls that a scan makes besides those of its readers, each with its IAM
// action. AssumeRole is the one that does not read: it gives new credentials, and
// changes nothing.
var coreCalls = map[string]string{
	bulkCall:                     "tag:GetResources",
	"STS.GetCallerIdentity":      "sts:GetCallerIdentity",
	"STS.AssumeRole":             "sts:AssumeRole",
	"EC2.DescribeRegions":        "ec2:DescribeRegions",
	"Organizations.ListAccounts": "organizations:ListAccounts",
}

// knownReads is what ReadOnly lets pass: the calls of the scan and of all readers.
var knownReads = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for call := range coreCalls {
		known[call] = true
	}
	for call := range cloudControlCalls {
		known[call] = true
	}
	for _, r := range sortedReaders() {
		for call := range r.Calls {
			known[call] = true
		}
	}
	return known
})

// readVerbs are how the names of operations that only read begin.
var readVerbs = []string{"BatchGet", "Describe", "Get", "Head", "List"}

// isKnownRead reports whether a reader declares the call and its name is that of a read:
// two guards, so that a mistake in a reader's file alone cannot open a way to write.
func isKnownRead(service, operation string) bool {
	return knownReads()[service+"."+operation] && (operation == "AssumeRole" || isReadName(operation))
}

func isReadName(operation string) bool {
	return slices.ContainsFunc(readVerbs, func(v string) bool { return strings.HasPrefix(operation, v) })
}

// ReadOnly returns a copy of cfg whose clients cannot write: every operation that no
// reader declares ends in [ErrWrite] before it is signed or sent. It may be applied more
// than once.
func ReadOnly(cfg sdk.Config) sdk.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(stack *middleware.Stack) error {
		if _, there := stack.Initialize.Get(readOnly.ID()); there {
			return nil
		}
		return stack.Initialize.Add(readOnly, middleware.After)
	})
	return cfg
}

// readOnly stands in the first step of a call, long before it is signed.
var readOnly = middleware.InitializeMiddlewareFunc("PcfScanReadOnly",
	func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		if service, operation := callOf(ctx); !isKnownRead(service, operation) {
			return middleware.InitializeOutput{}, middleware.Metadata{}, fmt.Errorf("call %s.%s: %w", service, operation, ErrWrite)
		}
		return next.HandleInitialize(ctx, in)
	})

func callOf(ctx context.Context) (service, operation string) {
	return sdkmiddleware.GetServiceID(ctx), sdkmiddleware.GetOperationName(ctx)
}

// reading prepares the configuration for a scan: read-only, bounded in retries and
// time, and unwilling to take an empty answer for an empty list. What it sends is not
// paced yet: see limiter.
func reading(cfg sdk.Config) sdk.Config {
	cfg = ReadOnly(cfg)
	if cfg.Retryer == nil && cfg.RetryMaxAttempts == 0 {
		cfg.RetryMaxAttempts = attempts
	}
	// A frozen client is shared by all services; otherwise each would build its own
	// with its own connections.
	switch client := cfg.HTTPClient.(type) {
	case nil:
		cfg.HTTPClient = awshttp.NewBuildableClient().WithTimeout(attemptTimeout).Freeze()
	case *awshttp.BuildableClient:
		cfg.HTTPClient = client.WithTimeout(attemptTimeout).Freeze()
	}
	cfg.Logger = logging.Nop{} // what matters of a failed call is in its error
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(checkAnswer, middleware.After)
	})
	return cfg
}

// checkAnswer refuses a successful answer without a body and an HTML page. The SDK
// decodes both without complaint to an output without items (it skips elements and
// members that it does not know), which would read as "there is nothing". It stands
// next to the transport, so it sees the answer before any decoder.
var checkAnswer = middleware.DeserializeMiddlewareFunc("PcfScanCheckAnswer",
	func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		response, ok := out.RawResponse.(*smithyhttp.Response)
		if err != nil || !ok {
			return out, metadata, err
		}
		response.Body = &boundedBody{ReadCloser: response.Body, left: maxAnswer}
		if response.StatusCode/100 != 2 {
			return out, metadata, err
		}
		body := bufio.NewReader(response.Body)
		start, readErr := body.Peek(512)
		start = bytes.ToLower(bytes.TrimLeft(start, "\ufeff \t\r\n"))
		switch {
		case readErr != nil && !errors.Is(readErr, io.EOF):
			err = fmt.Errorf("%w: %w", errAnswer, readErr)
		case len(start) == 0:
			err = fmt.Errorf("%w: its body is empty", errAnswer)
		case bytes.HasPrefix(start, []byte("<!doctype")), bytes.HasPrefix(start, []byte("<html")):
			err = fmt.Errorf("%w: it is a web page", errAnswer)
		}
		response.Body = struct {
			io.Reader
			io.Closer
		}{body, response.Body}
		return out, metadata, err
	})

// A boundedBody ends in an error, not in an end of file, when it is too long: what was
// read so far must not pass for the whole.
type boundedBody struct {
	io.ReadCloser
	left int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left+1)])
	if b.left -= n; b.left < 0 {
		return 0, fmt.Errorf("%w: it is longer than %d bytes", errAnswer, maxAnswer)
	}
	return n, err
}
