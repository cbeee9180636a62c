package httpapi

import (
	"strconv"
	"time"

	"jeton/security"
)

// autopilotSettings are the rows of how members are looked after.
func autopilotSettings() []clusterSetting {
	return []clusterSetting{
		{
			name: security.SettingCleanupDeadServers,
			put: func(c *security.SettingsChange, text *string) (string, error) {
				return putParsed(&c.Autopilot.CleanupDeadServers, security.SettingCleanupDeadServers, text, parseTruth)
			},
			get: func(s security.ClusterSettings) (string, bool) {
				return strconv.FormatBool(s.Autopilot.CleanupDeadServers), s.Autopilot.CleanupDeadServersSet
			},
		},
		autopilotTime(security.SettingDeadServerThreshold,
			func(c *security.AutopilotChange) **security.Change[time.Duration] { return &c.DeadServerThreshold },
			func(a security.AutopilotSettings) (time.Duration, bool) {
				return a.DeadServerThreshold, a.DeadServerThresholdSet
			}),
		autopilotTime(security.SettingLastContactThreshold,
			func(c *security.AutopilotChange) **security.Change[time.Duration] { return &c.LastContactThreshold },
			func(a security.AutopilotSettings) (time.Duration, bool) {
				return a.LastContactThreshold, a.LastContactThresholdSet
			}),
		autopilotCount(security.SettingMaxTrailingLogs,
			func(c *security.AutopilotChange) **security.Change[uint64] { return &c.MaxTrailingLogs },
			func(a security.AutopilotSettings) (uint64, bool) { return a.MaxTrailingLogs, a.MaxTrailingLogsSet }),
		autopilotCount(security.SettingMinQuorum,
			func(c *security.AutopilotChange) **security.Change[uint64] { return &c.MinQuorum },
			func(a security.AutopilotSettings) (uint64, bool) { return a.MinQuorum, a.MinQuorumSet }),
		autopilotTime(security.SettingServerStabilization,
			func(c *security.AutopilotChange) **security.Change[time.Duration] { return &c.ServerStabilization },
			func(a security.AutopilotSettings) (time.Duration, bool) {
				return a.ServerStabilization, a.ServerStabilizationSet
			}),
	}
}

func autopilotTime(name string, field func(*security.AutopilotChange) **security.Change[time.Duration], get func(security.AutopilotSettings) (time.Duration, bool)) clusterSetting {
	return clusterSetting{
		name: name,
		put: func(c *security.SettingsChange, text *string) (string, error) {
			return putTime(field(&c.Autopilot), name, text)
		},
		get: func(s security.ClusterSettings) (string, bool) {
			d, set := get(s.Autopilot)
			return timeText(d), set
		},
	}
}

func autopilotCount(name string, field func(*security.AutopilotChange) **security.Change[uint64], get func(security.AutopilotSettings) (uint64, bool)) clusterSetting {
	return clusterSetting{
		name: name,
		put: func(c *security.SettingsChange, text *string) (string, error) {
			return putParsed(field(&c.Autopilot), name, text, parseCount)
		},
		get: func(s security.ClusterSettings) (string, bool) {
			n, set := get(s.Autopilot)
			return strconv.FormatUint(n, 10), set
		},
	}
}

func putParsed[T any](into **security.Change[T], name string, text *string, parse func(name, text string) (T, error)) (string, error) {
	if text == nil {
		*into = &security.Change[T]{Reset: true}
		return "", nil
	}
	value, err := parse(name, *text)
	*into = &security.Change[T]{To: value}
	return *text, err
}

func parseTruth(name, text string) (bool, error) {
	if text != "true" && text != "false" {
		return false, illegalArgument("failed to parse value [%s] for setting [%s], must be one of [true, false]", text, name)
	}
	return text == "true", nil
}

func parseCount(name, text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, illegalArgument("failed to parse value [%s] for setting [%s], must be a whole number", text, name)
	}
	return n, nil
}
