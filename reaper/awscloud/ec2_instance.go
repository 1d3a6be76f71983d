package awscloud

import (
	"context"
	"maps"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// instanceAttributes are the properties that ModifyInstanceAttribute sets, with the names of
// its fields. The type can be changed of a stopped instance only: EC2 says so.
var instanceAttributes = map[string]string{
	"DisableApiTermination":             "DisableApiTermination",
	"EbsOptimized":                      "EbsOptimized",
	"InstanceInitiatedShutdownBehavior": "InstanceInitiatedShutdownBehavior",
	"InstanceType":                      "InstanceType",
	"SecurityGroupIds":                  "Groups",
	"SourceDestCheck":                   "SourceDestCheck",
}

func init() {
	register(ec2Tagged(Writer{
		Type: "AWS::EC2::Instance",
		Repairs: map[string]string{
			"EC2.RunInstances":                  "ec2:RunInstances iam:PassRole",
			"EC2.ModifyInstanceAttribute":       "ec2:ModifyInstanceAttribute",
			"EC2.ModifyInstanceMetadataOptions": "ec2:ModifyInstanceMetadataOptions",
			"EC2.MonitorInstances":              "ec2:MonitorInstances",
			"EC2.UnmonitorInstances":            "ec2:UnmonitorInstances",
			"EC2.StartInstances":                "ec2:StartInstances",
			"EC2.StopInstances":                 "ec2:StopInstances",
		},
		Reaps:    map[string]string{"EC2.TerminateInstances": "ec2:TerminateInstances"},
		NotFound: []string{"InvalidInstanceID.NotFound"},
		Updates: []string{
			"/DisableApiTermination", "/EbsOptimized", "/InstanceInitiatedShutdownBehavior", "/InstanceType", "/MetadataOptions",
			"/Monitoring", "/SecurityGroupIds", "/SourceDestCheck",
		},
		Later:  []string{"SourceDestCheck"},
		exists: instanceExists,
		create: runInstance,
		update: updateInstance,
		start: func(ctx context.Context, c *call) error {
			_, err := ec2.NewFromConfig(c.cfg).StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{c.ref.ID}})
			return err
		},
		stop: func(ctx context.Context, c *call) error {
			_, err := ec2.NewFromConfig(c.cfg).StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{c.ref.ID}})
			return err
		},
		Holds: map[string]string{"EC2.StartInstances": "ec2:StartInstances", "EC2.StopInstances": "ec2:StopInstances"},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := ec2.NewFromConfig(c.cfg).TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{c.ref.ID}})
			return err
		},
	}))
}

// instanceExists knows that EC2 still describes a terminated instance for a while.
func instanceExists(ctx context.Context, c *call) error {
	out, err := ec2.NewFromConfig(c.cfg).DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{c.ref.ID}})
	if err != nil {
		return err
	}
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			if i.State == nil || i.State.Name != types.InstanceStateNameTerminated {
				return nil
			}
		}
	}
	return reaper.ErrNotFound
}

func runInstance(ctx context.Context, c *call, n creation) (string, error) {
	in := &ec2.RunInstancesInput{
		MinCount: sdk.Int32(1), MaxCount: sdk.Int32(1), ClientToken: &n.token,
		TagSpecifications: ec2TagsFor(types.ResourceTypeInstance, n.tags),
	}
	if n.props["PropagateTagsToVolumeOnCreation"] == true {
		in.TagSpecifications = append(in.TagSpecifications, ec2TagsFor(types.ResourceTypeVolume, n.tags)...)
	}
	members := without(n.props, "PropagateTagsToVolumeOnCreation")
	// CloudFormation says in plain values what EC2 wants in structures.
	for name, field := range map[string]string{"IamInstanceProfile": "Name", "Monitoring": "Enabled"} {
		if v := members[name]; v != nil {
			members[name] = props{field: v}
		}
	}
	placement := props{}
	for name, field := range map[string]string{
		"Affinity": "Affinity", "AvailabilityZone": "AvailabilityZone", "HostId": "HostId", "HostResourceGroupArn": "HostResourceGroupArn",
		"PlacementGroupName": "GroupName", "Tenancy": "Tenancy",
	} {
		if v := members[name]; v != nil {
			placement[field] = v
			delete(members, name)
		}
	}
	if len(placement) > 0 {
		members["Placement"] = placement
	}
	if list, is := members["NetworkInterfaces"].([]any); is {
		interfaces := make([]any, len(list))
		for i, e := range list {
			o, _ := e.(map[string]any)
			interfaces[i] = with(o, props{"Groups": o["GroupSet"], "GroupSet": nil})
		}
		members["NetworkInterfaces"] = interfaces
	}
	if err := fill(in, members, nil); err != nil {
		return "", err
	}
	out, err := ec2.NewFromConfig(c.cfg).RunInstances(ctx, in)
	if err != nil || len(out.Instances) == 0 {
		return "", err
	}
	return sdk.ToString(out.Instances[0].InstanceId), nil
}

// updateInstance sets one attribute in each call, as EC2 wants it.
func updateInstance(ctx context.Context, c *call, u update) error {
	client := ec2.NewFromConfig(c.cfg)
	b := &batch{}
	for _, name := range sortedKeys(u.changed()) {
		v := u.after[name]
		id := props{"InstanceId": c.ref.ID}
		switch name {
		case "Monitoring":
			if v == true {
				add(b, client.MonitorInstances, props{"InstanceIds": []any{c.ref.ID}})
			} else {
				add(b, client.UnmonitorInstances, props{"InstanceIds": []any{c.ref.ID}})
			}
		case "MetadataOptions":
			options, _ := v.(map[string]any)
			maps.Copy(id, without(options, "State"))
			add(b, client.ModifyInstanceMetadataOptions, id)
		default:
			if name != "SecurityGroupIds" {
				v = props{"Value": v}
			}
			id[instanceAttributes[name]] = v
			add(b, client.ModifyInstanceAttribute, id)
		}
	}
	return b.send(ctx)
}
