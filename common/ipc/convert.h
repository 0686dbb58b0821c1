#pragma once

#include "common/access/security_policy.h"
#include "common/base/guid.h"
#include "common/base/interval_set.h"
#include "common/config/settings.h"
#include "common/wire/record.h"

#include <capnp/ingest.capnp.h>
#include <capnp/record.capnp.h>
#include <capnp/supervise.capnp.h>
#include <vector>

namespace evd::ipc {

// Plain structs ↔ messages. Readers check what they read, whatever the schema says; builders cannot
// fail. `write` fills the builder it is given, `read` answers the plain value or Invalid. Pure.

inline constexpr size_t kGapsPerBatchMax = 65536;
// Of one process: a collector tells seven of each of up to 4096 cpus. The supervisor keeps them.
inline constexpr size_t kMeasuresMax = 32768;
inline constexpr size_t kMeasureNameBytesMax = 128;

void writeSettings(const config::Settings& settings, capnp::List<schema::Setting>::Builder out);
base::Result<config::Settings> readSettings(capnp::List<schema::Setting>::Reader in);

// Reading refuses what does not fit() (Invalid).
void writeSecurity(const access::SecurityPolicy& policy,
                   capnp::List<schema::SecurityRule>::Builder out);
base::Result<access::SecurityPolicy> readSecurity(capnp::List<schema::SecurityRule>::Reader in);

void writeResume(const std::vector<wire::ResumePoint>& resume,
                 capnp::List<schema::ResumePoint>::Builder out);
std::vector<wire::ResumePoint> readResume(capnp::List<schema::ResumePoint>::Reader in);

void writeGaps(const std::vector<wire::Gap>& gaps, capnp::List<schema::Gap>::Builder out);
base::Result<std::vector<wire::Gap>> readGaps(capnp::List<schema::Gap>::Reader in);

void writeIntervals(const base::IntervalSet& set, capnp::List<schema::Interval>::Builder out);
base::Result<base::IntervalSet> readIntervals(capnp::List<schema::Interval>::Reader in);

void writeMeasures(const std::vector<wire::Measure>& measures,
                   capnp::List<schema::Measure>::Builder out);
base::Result<std::vector<wire::Measure>> readMeasures(capnp::List<schema::Measure>::Reader in);

void writeProcess(const wire::ProcessStatus& process, schema::ProcessStatus::Builder out);
base::Result<wire::ProcessStatus> readProcess(schema::ProcessStatus::Reader in);

base::Result<base::Guid> readGuid(capnp::Data::Reader in);

}  // namespace evd::ipc
