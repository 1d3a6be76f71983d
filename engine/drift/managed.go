package drift

import (
	"cmp"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A scaling is what Application Auto Scaling may do to one value of one resource.
type scaling struct {
	resource, dimension string
	low, high           int64
}

// selfManaged marks changes that a service or a controller makes by itself, within the
// bounds that somebody gave it: they are information. An ignore rule of the particle may
// say otherwise.
func (c *comparison) selfManaged(found *delta) {
	for i := range found.changes {
		ch := &found.changes[i]
		if ch.Info || ch.Live == nil || ch.Declared == nil {
			continue
		}
		if by := c.keeper(*ch); by != "" {
			ch.Info, ch.managed, ch.Reason = true, true, by
		}
	}
}

// keeper says who keeps the value that changed, if that is who may have changed it.
func (c *comparison) keeper(ch Change) string {
	switch c.live.Ref.Type {
	case "AWS::AutoScaling::AutoScalingGroup":
		low, okLow := number(c.declaredOrLive("MinSize"))
		high, okHigh := number(c.declaredOrLive("MaxSize"))
		if n, ok := number(ch.Live); ch.Path == "/DesiredCapacity" && ok && okLow && okHigh && low < high && low <= n && n <= high {
			return "kept by Auto Scaling within MinSize and MaxSize"
		}
	case "AWS::ECS::Service":
		controller, _ := inventory.At(c.declared, "/DeploymentController/Type")
		if (ch.Path == "/TaskDefinition" || strings.HasPrefix(ch.Path, "/LoadBalancers")) && controller == "CODE_DEPLOY" {
			return "kept by CodeDeploy"
		}
	case "AWS::RDS::DBInstance", "AWS::RDS::DBCluster":
		if ch.Path == "/EngineVersion" && c.declaredOrLive("AutoMinorVersionUpgrade") == true && isMinorUpgrade(ch.Declared, ch.Live) {
			return "upgraded by AWS: AutoMinorVersionUpgrade"
		}
	}
	n, ok := number(ch.Live)
	if !ok {
		return ""
	}
	for _, s := range c.run.scalingTargets() {
		if s.low <= n && n <= s.high && c.scales(s, ch.Path) {
			return "kept by Application Auto Scaling within its bounds"
		}
	}
	return ""
}

func (c *comparison) declaredOrLive(name string) any {
	if v, declared := c.declared[name]; declared {
		return v
	}
	return c.live.Properties[name]
}

// scales reports whether a scalable target is about the value at a path of this resource.
// Source of the names: RegisterScalableTarget in the API reference.
func (c *comparison) scales(s scaling, path string) bool {
	part := func(i int) string {
		parts := strings.Split(c.live.Ref.ID, "|")
		return lastOf(parts[min(i, len(parts)-1)])
	}
	switch c.live.Ref.Type {
	case "AWS::ECS::Service": // the identifier is ServiceArn|Cluster
		cluster, _ := c.declaredOrLive("Cluster").(string)
		return path == "/DesiredCount" && s.dimension == "ecs:service:DesiredCount" &&
			s.resource == "service/"+cmp.Or(lastOf(cluster), part(1))+"/"+part(0)
	case "AWS::DynamoDB::Table":
		for dimension, end := range map[string]string{"ReadCapacityUnits": "/ProvisionedThroughput/ReadCapacityUnits", "WriteCapacityUnits": "/ProvisionedThroughput/WriteCapacityUnits"} {
			if path == end && s.dimension == "dynamodb:table:"+dimension && s.resource == "table/"+c.live.Ref.ID {
				return true
			}
			index, ok := strings.CutSuffix(path, end)
			if name, has := inventory.At(c.declared, index+"/IndexName"); ok && has && strings.HasPrefix(index, "/GlobalSecondaryIndexes/") {
				if text, is := name.(string); is && s.dimension == "dynamodb:index:"+dimension && s.resource == "table/"+c.live.Ref.ID+"/index/"+text {
					return true
				}
			}
		}
	}
	return false
}

// scalingTargets lists the scalable targets that live or are declared.
func (r *run) scalingTargets() []scaling {
	const scalableTarget = "AWS::ApplicationAutoScaling::ScalableTarget"
	if r.scaled {
		return r.scalings
	}
	r.scaled = true
	add := func(p map[string]any) {
		resource, okR := p["ResourceId"].(string)
		dimension, okD := p["ScalableDimension"].(string)
		low, okL := number(p["MinCapacity"])
		high, okH := number(p["MaxCapacity"])
		if okR && okD && okL && okH {
			r.scalings = append(r.scalings, scaling{resource, dimension, low, high})
		}
	}
	for _, l := range r.byType[scalableTarget] {
		add(l.Properties)
	}
	for i := range r.pairs {
		p := &r.pairs[i]
		if p.Particle.Resource.Ref.Type != scalableTarget || len(p.Live) > 0 {
			continue
		}
		c := &comparison{run: r, pair: p, live: &inventory.Resource{Ref: inventory.Ref{Account: p.Target.Account, Region: p.Target.Region}}}
		settled, _ := c.settle("", p.Particle.Resource.Properties, new([]string)).(map[string]any)
		add(settled)
	}
	return r.scalings
}

func number(v any) (int64, bool) {
	text, ok := scalarText(v, 0)
	if !ok {
		return 0, false
	}
	return wholeNumber(text)
}

// isMinorUpgrade: 14.10 became 14.11, and not 15.2 or 14.9.
func isMinorUpgrade(declared, live any) bool {
	d, okD := declared.(string)
	l, okL := live.(string)
	i, j := strings.LastIndexByte(d, '.'), strings.LastIndexByte(l, '.')
	if !okD || !okL || i < 0 || j < 0 || d[:i] != l[:j] {
		return false
	}
	from, okF := wholeNumber(d[i+1:])
	to, okT := wholeNumber(l[j+1:])
	return okF && okT && from < to
}
