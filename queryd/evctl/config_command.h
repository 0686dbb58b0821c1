#pragma once

#include "common/base/result.h"
#include "common/config/configuration.h"
#include "queryd/evctl/arguments_service.h"
#include "queryd/evctl/output_stream.h"
#include "queryd/evctl/socket_search.h"

#include <string>

namespace evd::evctl {

// `evctl config list|get|check` (contracts §7): what the group would run with if it were started
// now on the same --state and --registry (or $EVENTD_STATE, or the registry in its usual place).
//
// Reads the configuration by itself, so that it works while nothing runs. A running group may still
// have older values of settings that need a restart. Settings whose values are descriptors show
// their length only.
base::Result<config::Configuration> readConfiguration(const Arguments& arguments,
                                                      const Environment& environment);

// Every setting with value, source, range, when a change applies and meaning; as a table, or one
// JSON object a line.
std::string configListText(const config::Configuration& configuration);
std::string configListJsonl(const config::Configuration& configuration);

// The value of one setting as a registry file would hold it; Invalid, with the nearest name, for
// one that does not exist. A setting without a value is an empty line.
base::Result<std::string> configValue(const config::Configuration& configuration,
                                      const std::string& name);

// One line for each problem.
std::string configProblemsText(const config::Configuration& configuration);

// Does what the words behind `config` say; check fails when there are problems.
base::Result<void> runConfig(const Arguments& arguments, const Environment& environment,
                             OutputStream& output);

}  // namespace evd::evctl
