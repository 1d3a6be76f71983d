package awscloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// Error codes by what they mean for an action, beside those that inventory/aws knows.
// Sources: the error code pages of EC2, S3, IAM and the common errors of the protocols; a
// service's own words for the same stand in its writers' files.
var (
	expiredCodes = []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
	staleCodes   = []string{
		"PreconditionFailed", "PreconditionFailedException", "InvalidIfMatchVersion", "ConditionalCheckFailedException", "OptimisticLockException",
	}
	blockedCodes = []string{
		"DependencyViolation", "DeleteConflict", "DeleteConflictException", "ResourceInUse", "ResourceInUseException", "ResourceInUseFault",
		"InUse", "OperationNotPermitted", "BucketNotEmpty", "VolumeInUse", "InvalidGroup.InUse",
		"InvalidSnapshot.InUse", "InvalidPlacementGroup.InUse", "InvalidIPAddress.InUse", "InvalidNetworkInterface.InUse", "InvalidNetworkAclEntry.InUse",
		"HostedZoneNotEmpty", "DistributionNotDisabled", "ScalingActivityInProgress",
		"RepositoryNotEmptyException", "ClusterContainsServicesException", "ClusterContainsContainerInstancesException",
		"FileSystemInUse", "InvalidDBInstanceState", "InvalidDBClusterStateFault", "InvalidDBSubnetGroupStateFault",
		"InvalidDBParameterGroupState", "CacheParameterGroupInvalidState", "InvalidCacheParameterGroupState", "CacheSubnetGroupInUse",
		"AddressInUse", "IncorrectState", "IncorrectInstanceState",
	}
)

// explain turns an error of the SDK into one of the kinds of the reaper. It keeps the words
// of the service, without the values that are secret, and not the error itself: what the SDK
// wraps (a timeout of one exchange) would read as the end of the whole run.
func (w *Writer) explain(ctx context.Context, doing string, ref inventory.Ref, secrets []string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s %s: %w", doing, ref, ctx.Err())
	case errors.Is(err, aws.ErrUnlisted):
		return fmt.Errorf("%s %s: %w: %w", doing, ref, reaper.ErrUnavailable, err)
	}
	for _, known := range []error{
		reaper.ErrNotFound, reaper.ErrBlocked, reaper.ErrThrottled, reaper.ErrUnavailable, reaper.ErrDenied, reaper.ErrExpired,
		reaper.ErrStale, reaper.ErrUnsupported, ErrGuard, aws.ErrWrite,
	} {
		if errors.Is(err, known) {
			return fmt.Errorf("%s %s: %w", doing, ref, err)
		}
	}
	reason, code, status, message := aws.Explain(err)
	for _, secret := range secrets {
		message = strings.ReplaceAll(message, secret, "(withheld)")
	}
	kind := func(kind error) error { return fmt.Errorf("%s %s: %w: %s", doing, ref, kind, message) }
	switch {
	case code != "" && slices.Contains(w.NotFound, code) && doing != "create":
		return kind(reaper.ErrNotFound)
	case slices.Contains(expiredCodes, code):
		return kind(reaper.ErrExpired)
	case slices.Contains(staleCodes, code), status == http.StatusPreconditionFailed:
		return kind(reaper.ErrStale)
	case slices.Contains(blockedCodes, code):
		return fmt.Errorf("%s %s: %w", doing, ref, &reaper.Blocked{By: message})
	case reason == inventory.Throttled:
		return kind(reaper.ErrThrottled)
	case reason == inventory.Denied, reason == inventory.Disabled, reason == inventory.OptedOut, reason == inventory.Suspended:
		return kind(reaper.ErrDenied)
	case status >= http.StatusInternalServerError, status == 0, reason == inventory.Timeout, reason == inventory.Malformed:
		return kind(reaper.ErrUnavailable)
	}
	return fmt.Errorf("%s %s: the service refuses: %s", doing, ref, message)
}

// programs are the members below which whole programs and their settings stand, in which
// people put secrets whatever their names are.
var programs = []string{"Environment", "UserData", "Variables", "ZipFile"}

// secretsIn returns the values in properties that no error may repeat.
func secretsIn(t *schema.Type, props map[string]any) (secrets []string) {
	inventory.Walk("", props, func(pointer string, v any) bool {
		text, is := v.(string)
		inProgram := slices.ContainsFunc(schema.SplitPointer(pointer), func(part string) bool { return slices.Contains(programs, part) })
		if is && len(text) > 2 && (inProgram || schema.IsSensitive(t, pointer)) {
			secrets = append(secrets, text)
		}
		return true
	})
	return secrets
}
