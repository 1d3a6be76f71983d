package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A fault is one call that failed.
type fault struct {
	call   string // "S3.GetBucketTagging"; empty when no call failed
	reason inventory.GapReason
	detail string // what the service said, in one line
	id     string // the resource it was about; empty for a listing
	err    error  // what it was made of
}

// gaps turns the faults of a cell into gaps: one per call, reason and detail, however
// many resources it was about.
func (c *cell) gaps() []inventory.Gap {
	slices.SortFunc(c.faults, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.call, b.call), cmp.Compare(a.reason, b.reason), cmp.Compare(a.detail, b.detail), cmp.Compare(a.id, b.id))
	})
	var gaps []inventory.Gap
	for i := 0; i < len(c.faults); {
		f, n := c.faults[i], 0
		for ; i < len(c.faults); i++ {
			same := c.faults[i]
			same.id = f.id
			// Details name the resource now and then; the first one stands for all.
			if same.call != f.call || same.reason != f.reason || f.id == "" && n > 0 {
				break
			}
			n++
		}
		gaps = append(gaps, inventory.Gap{
			Account: c.account, Region: c.region, Type: c.reader.Type,
			Reason: f.reason, Message: f.message(n),
		})
	}
	return gaps
}

// message says which call failed, for what, and why.
func (f fault) message(resources int) string {
	what := cmp.Or(f.call, "list")
	switch {
	case f.id != "" && resources > 1:
		what += fmt.Sprintf(" for %s and %d more", f.id, resources-1)
	case f.id != "":
		what += " for " + f.id
	}
	return what + ": " + f.detail
}

// Error codes by what they mean for the user. Sources: the common errors of the AWS
// query and JSON protocols, and the error code pages of EC2 and S3.
var reasonOfCode = map[string]inventory.GapReason{
	"AccessDenied":                       inventory.Denied,
	"AccessDeniedException":              inventory.Denied,
	"AuthorizationError":                 inventory.Denied,
	"AuthorizationErrorException":        inventory.Denied,
	"Client.UnauthorizedOperation":       inventory.Denied,
	"ExpiredToken":                       inventory.Denied,
	"ExpiredTokenException":              inventory.Denied,
	"Forbidden":                          inventory.Denied,
	"IncompleteSignature":                inventory.Denied,
	"InvalidAccessKeyId":                 inventory.Denied,
	"KMSAccessDeniedException":           inventory.Denied,
	"KMS.AccessDeniedException":          inventory.Denied,
	"MissingAuthenticationToken":         inventory.Denied,
	"NotAuthorized":                      inventory.Denied,
	"RequestExpired":                     inventory.Denied,
	"SignatureDoesNotMatch":              inventory.Denied,
	"UnauthorizedAccess":                 inventory.Denied,
	"UnauthorizedException":              inventory.Denied,
	"UnauthorizedOperation":              inventory.Denied,
	"RequestTimeout":                     inventory.Timeout,
	"RequestTimeoutException":            inventory.Timeout,
	"NotSignedUp":                        inventory.OptedOut,
	"SubscriptionRequiredException":      inventory.OptedOut,
	"UnknownEndpoint":                    inventory.OptedOut,
	"IllegalLocationConstraintException": inventory.Disabled,
	"AccountProblem":                     inventory.Suspended,
	"AccountSuspended":                   inventory.Suspended,
	"AccountSuspendedException":          inventory.Suspended,
	"AllAccessDisabled":                  inventory.Suspended,
	"Blocked":                            inventory.Suspended,
	"PendingVerification":                inventory.Suspended,
	"InvalidCredentialsException":        inventory.Denied,
	"PrivateTypeException":               inventory.Unsupported,
	"TypeNotFoundException":              inventory.Unsupported,
	"UnsupportedActionException":         inventory.Unsupported,
	"Throttled":                          inventory.Throttled,
}

// classify says why a call failed. Credentials that worked at the start of the scan and
// are refused as unknown in one region mean that the region is not enabled.
func classify(err error, region string) fault {
	f := fault{reason: inventory.Failed, detail: oneLine(err.Error())}
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		f.call = operation.ServiceID + "." + operation.OperationName
		f.detail = oneLine(operation.Err.Error())
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		f.detail = oneLine(response.Err.Error()) // without the request id, which is never the same
	}
	status := statusOf(err)
	var api smithy.APIError
	hasAPI := errors.As(err, &api)
	var undecoded *smithy.DeserializationError
	var network net.Error
	var dns *net.DNSError
	switch code := errorCode(err); {
	case hasAPI && code != "":
		f.reason = reasonOf(code, api.ErrorMessage(), status, region)
		f.detail = oneLine(strings.TrimSuffix(code+": "+api.ErrorMessage(), ": "))
	case status == 401 || status == 403:
		f.reason = inventory.Denied
		f.detail = fmt.Sprintf("HTTP status %d without an error code", status)
	case status == 429:
		f.reason = inventory.Throttled
		f.detail = "HTTP status 429 without an error code"
	case status >= 400:
		f.reason = inventory.Malformed
		f.detail = fmt.Sprintf("HTTP status %d without an error code", status)
	case errors.Is(err, context.Canceled):
		f.detail = "interrupted before it was read"
	case errors.Is(err, context.DeadlineExceeded):
		f.reason = inventory.Timeout
		f.detail = "no answer in time"
	case errors.As(err, &dns) && dns.IsNotFound:
		f.reason = inventory.OptedOut
		f.detail = "the service has no endpoint in region " + region
	case errors.As(err, &network) && network.Timeout():
		f.reason = inventory.Timeout
		f.detail = "no answer in time"
	case errors.Is(err, errAnswer), errors.Is(err, errPages), errors.As(err, &undecoded), status/100 == 2:
		f.reason = inventory.Malformed
	}
	return f
}

func reasonOf(code, message string, status int, region string) inventory.GapReason {
	lower := strings.ToLower(message)
	switch code {
	case "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "UnrecognizedClient", "InvalidToken":
		if region == inventory.GlobalRegion || strings.Contains(lower, "not authorized") {
			return inventory.Denied
		}
		return inventory.Disabled
	case "OptInRequired":
		if strings.Contains(lower, "subscri") {
			return inventory.OptedOut
		}
		return inventory.Disabled
	}
	if _, throttled := retry.DefaultThrottleErrorCodes[code]; throttled {
		return inventory.Throttled
	}
	if reason, known := reasonOfCode[code]; known {
		return reason
	}
	switch {
	case strings.Contains(lower, "account is suspended"):
		return inventory.Suspended
	case status == 401 || status == 403:
		return inventory.Denied
	case status == 429:
		return inventory.Throttled
	}
	return inventory.Failed
}

// statusOf returns the HTTP status of the answer; 0 when there was none.
func statusOf(err error) int {
	var response interface{ HTTPStatusCode() int }
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// errorCode returns the service's error code; "" when the answer had none. The SDK
// makes one up then: UnknownError, or for S3 the words of the HTTP status.
func errorCode(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() == "UnknownError" {
		return ""
	}
	words := http.StatusText(statusOf(err))
	if words != "" && api.ErrorMessage() == words && api.ErrorCode() == strings.ReplaceAll(words, " ", "") {
		return ""
	}
	return api.ErrorCode()
}

// A deniedError is a refusal that stands inside a successful answer.
type deniedError struct{ doing, code string }

func (e *deniedError) Error() string                 { return e.doing + ": " + e.code }
func (e *deniedError) ErrorCode() string             { return e.code }
func (e *deniedError) ErrorMessage() string          { return "could not " + e.doing }
func (e *deniedError) ErrorFault() smithy.ErrorFault { return smithy.FaultClient }

// unless turns an error with one of the codes into no error: it is the service's way to
// say "not set".
func unless(err error, codes ...string) error {
	if err != nil && slices.Contains(codes, errorCode(err)) {
		return nil
	}
	return err
}

// gone reports whether the resource was deleted between its listing and this call,
// which is no gap: it is not there.
func gone(err error, codes ...string) bool { return err != nil && unless(err, codes...) == nil }

// oneLine keeps the first line of a message, bounded, without what steers a terminal. Services
// put the request that they could not verify, session token included, on later lines; what
// else repeats a request gives away no more than the name of the header.
func oneLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	s = signed.ReplaceAllString(s, "$1 (withheld)")
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// signed finds the headers of a request that prove who sent it, with all that follows on
// the line: where one ends cannot be told.
var signed = regexp.MustCompile(`(?i)(authorization|x-amz-security-token|aws4-hmac-sha256|x-amz-signature|signature=).*`)
