package aws

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
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
	// maxRedirects bounds how often one exchange is sent elsewhere. S3 does so once.
	maxRedirects = 3
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
	return Checked(bounded(cfg))
}

// Checked returns a copy of cfg whose clients are unwilling to take an empty answer for an
// empty list, or that of somebody else for the service's. It is for calls that read.
func Checked(cfg sdk.Config) sdk.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(stack *middleware.Stack) error {
		if err := stack.Deserialize.Add(checkDecoded, middleware.Before); err != nil {
			return err
		}
		return stack.Deserialize.Add(checkAnswer, middleware.After)
	})
	return cfg
}

// bounded bounds every exchange and silences the SDK.
func bounded(cfg sdk.Config) sdk.Config {
	// A frozen client is shared by all services; otherwise each would build its own
	// with its own connections.
	switch client := cfg.HTTPClient.(type) {
	case nil:
		cfg.HTTPClient = frozen(awshttp.NewBuildableClient())
	case *awshttp.BuildableClient:
		cfg.HTTPClient = frozen(client)
	}
	cfg.Logger = logging.Nop{} // what matters of a failed call is in its error
	return cfg
}

// frozen bounds a client in time and in redirects: the SDK's follows those of S3 without end.
func frozen(client *awshttp.BuildableClient) sdk.HTTPClient {
	bounded := client.WithTimeout(attemptTimeout).Freeze()
	if h, ok := bounded.(*http.Client); ok && h.CheckRedirect != nil {
		follow := h.CheckRedirect
		h.CheckRedirect = func(r *http.Request, via []*http.Request) error {
			if len(via) >= maxRedirects {
				return http.ErrUseLastResponse
			}
			return follow(r, via)
		}
	}
	return bounded
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
		if request, ok := in.Request.(*smithyhttp.Request); response.StatusCode/100 != 2 || ok && request.Method == http.MethodHead {
			return out, metadata, err
		}
		body := bufio.NewReaderSize(response.Body, startOfAnswer)
		start, readErr := body.Peek(startOfAnswer)
		start = bytes.TrimLeft(start, "\ufeff \t\r\n")
		metadata.Set(startKey{}, slices.Clone(start))
		start = bytes.ToLower(start[:min(len(start), 16)])
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

// startOfAnswer is how much of an answer is kept to tell what it is, in bytes.
const startOfAnswer = 4096

type startKey struct{} // of the metadata of a call

// checkDecoded refuses a successful answer of which the decoder took nothing, unless it
// looks like this operation's way to say that there is nothing. A portal or a proxy that
// answers 200 with a document of its own, in JSON or XML, is otherwise an empty list. It
// stands outside the decoder.
var checkDecoded = middleware.DeserializeMiddlewareFunc("PcfScanCheckDecoded",
	func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		request, ok := in.Request.(*smithyhttp.Request)
		if err != nil || !decodedNothing(out.Result) || ok && request.Method == http.MethodHead {
			return out, metadata, err
		}
		start, _ := metadata.Get(startKey{}).([]byte)
		service, operation := callOf(ctx)
		switch {
		case bytes.HasPrefix(start, []byte("<")):
			if !isXMLAnswer(start, operation) {
				err = fmt.Errorf("%w: its XML is not that of %s", errAnswer, operation)
			}
		case bytes.HasPrefix(start, []byte("{")) && !speaksXML(service, in.Request):
			if !isJSONAnswer(start, out.Result) {
				err = fmt.Errorf("%w: its JSON holds nothing that %s returns", errAnswer, operation)
			}
		case !isCBOR(in.Request):
			err = fmt.Errorf("%w: it is neither an object nor a list", errAnswer)
		}
		return out, metadata, err
	})

// decodedNothing reports whether no field of an output is set, or of the one structure that it
// holds. An empty list is set.
func decodedNothing(output any) bool { return isNothing(reflect.ValueOf(output)) }

func isNothing(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return v.IsNil() || v.Elem().Kind() == reflect.Struct && isNothing(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "ResultMetadata" && !isNothing(v.Field(i)) {
				return false
			}
		}
		return true
	}
	return v.IsZero()
}

// isXMLAnswer reports whether the first element is that of the operation, by its name or, where
// a service names it after its content, by being in a namespace of AWS.
func isXMLAnswer(start []byte, operation string) bool {
	decoder := xml.NewDecoder(bytes.NewReader(start))
	for {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		root, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case root.Name.Local == "Error" || root.Name.Local == "ErrorResponse":
			return false
		default:
			return root.Name.Local == operation+"Response" || strings.Contains(root.Name.Space, "amazonaws.com/")
		}
	}
}

// isJSONAnswer reports whether the object is empty, or has a member that the output has too.
func isJSONAnswer(start []byte, output any) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(start, &members) != nil {
		return false // it is long, and still nothing of it was known
	}
	t := reflect.TypeOf(output).Elem()
	for name := range members {
		if _, known := t.FieldByNameFunc(func(field string) bool { return strings.EqualFold(field, name) }); known {
			return true
		}
	}
	return len(members) == 0
}

// speaksXML reports whether a service answers in XML: those with forms for requests and
// the four that speak REST with XML.
func speaksXML(service string, request any) bool {
	return slices.Contains([]string{"CloudFront", "Route 53", "S3", "S3 Control"}, service) ||
		strings.HasPrefix(contentType(request), "application/x-www-form-urlencoded")
}

func isCBOR(request any) bool { return contentType(request) == "application/cbor" }

func contentType(request any) string {
	if r, ok := request.(*smithyhttp.Request); ok {
		return r.Header.Get("Content-Type")
	}
	return ""
}

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
