#include "daemon/explain.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "cgroup/controllers.h"
#include "daemon/kernel_facts.h"

namespace coppice::daemon {
namespace {

using config::Fact;

Fact working(std::string name, std::string detail) { return {std::move(name), Fact::State::working, std::move(detail), {}}; }

Fact missing(std::string name, std::string detail, std::string remedy) {
  return {std::move(name), Fact::State::missing, std::move(detail), std::move(remedy)};
}

// What the controller is for, in the words of the interface.
std::string use_of(const std::string& controller) {
  if (controller == "cpu") return "cpuMax and cpuWeight";
  if (controller == "io") return "ioWeight, and what jobs read and write";
  if (controller == "memory") return "memoryMax, memoryHigh, the outcome out_of_memory, and what jobs use of memory";
  return "processesMax, and how many processes jobs have";
}

Fact controller_fact(const cgroup::Hierarchy& hierarchy, const std::string& name) {
  const auto& lacking = hierarchy.missing();
  const auto found = std::ranges::find(lacking, name, &cgroup::MissingController::name);
  if (found == lacking.end()) return working("controller." + name, use_of(name));
  return missing("controller." + name, found->reason + "; jobs go without " + use_of(name), found->remedy);
}

// Of a file that comes with a kernel, where its controller works.
std::optional<Fact> file_fact(const cgroup::Hierarchy& hierarchy, const char* controller, const char* file, const char* use,
                              const char* since) {
  const auto& working_ones = hierarchy.controllers();
  if (*controller != '\0' && std::ranges::find(working_ones, controller) == working_ones.end()) return std::nullopt;
  const std::string name = std::string("kernel.") + file;
  if (hierarchy.offers(file)) return working(name, use);
  return missing(name, std::string("this kernel has no ") + file + ": there is no " + use, std::string("run ") + since + " or later");
}

Fact io_weight_fact(const cgroup::Hierarchy& hierarchy) {
  const bool cost = hierarchy.offers("io.weight");
  const bool bfq = hierarchy.offers("io.bfq.weight");
  if (!cost && !bfq)
    return missing("kernel.ioWeight", "the kernel has neither io.weight nor io.bfq.weight",
                   "run a kernel with CONFIG_BLK_CGROUP_IOCOST, or load the scheduler: modprobe bfq");
  return working("kernel.ioWeight", std::string("by ") + (cost ? bfq ? "io.weight and io.bfq.weight" : "io.weight" : "io.bfq.weight") +
                                        "; felt on disks whose scheduler is bfq, or for which io.cost.qos is on");
}

void append_cgroups(const cgroup::Hierarchy& hierarchy, std::vector<Fact>& facts) {
  facts.push_back(working("cgroup", "version 2, our jobs are in \"" + hierarchy.path() + "\""));
  facts.push_back(working("cgroup.delegation", hierarchy.ground()));
  for (const std::string& name : cgroup::wanted_controllers()) facts.push_back(controller_fact(hierarchy, name));
}

void append_files(const cgroup::Hierarchy& hierarchy, std::vector<Fact>& facts) {
  const auto add = [&](const char* controller, const char* file, const char* use, const char* since) {
    if (auto fact = file_fact(hierarchy, controller, file, use, since)) facts.push_back(std::move(*fact));
  };
  add("", "cgroup.freeze", "coppice freeze, and a complete list of who is killed", "Linux 5.2");
  add("", "cgroup.kill", "kill of a whole tree in one step (without it each process is killed by its pidfd)", "Linux 5.14");
  add("memory", "memory.oom.group", "end of the whole job when memory runs out in it", "Linux 4.19");
  add("memory", "memory.peak", "figure of how much memory a job used at most", "Linux 5.19");
  add("pids", "pids.peak", "figure of how many processes a job had at most", "Linux 6.1");
  const auto& controllers = hierarchy.controllers();
  if (std::ranges::find(controllers, "io") != controllers.end()) facts.push_back(io_weight_fact(hierarchy));
}

Fact clone_fact(bool by_write) {
  if (!by_write) return working("kernel.clone3", "jobs are born inside their cgroup (CLONE_INTO_CGROUP)");
  return missing("kernel.clone3", "what is born in a fresh cgroup is killed by this kernel: jobs enter theirs before they execute",
                 "run a kernel without that fault (Linux 6.14 and backports of it have it)");
}

Fact identity_fact() {
  if (process_inodes()) return working("kernel.pidfs", "each process has a number that is never used again before the next boot");
  return missing("kernel.pidfs", "processes are told apart by their pid and start time", "run Linux 6.9 or later");
}

Fact exit_fact() {
  if (tells_exit_status())
    return working("kernel.pidfd_exit", "the exit status of a job is known even if the keeper dies (PIDFD_GET_INFO)");
  return missing("kernel.pidfd_exit", "if the keeper dies, how the jobs end that run then is lost (PIDFD_GET_INFO has no exit status)",
                 "run Linux 6.15 or later");
}

Fact root_fact(const Confinement& confinement) {
  if (confinement.reason().empty())
    return working("containment.root", "a job that runs as root sees its own cgroup alone, and cannot write to it (--delegate lets it)");
  return missing("containment.root", confinement.reason() + ": a job that runs as root can leave its cgroup; what does is found, named and killed",
                 "run coppiced as root, outside of containers that take away CAP_SYS_ADMIN");
}

}  // namespace

std::vector<Fact> explain(const Services& services) {
  std::vector<Fact> facts;
  append_cgroups(services.hierarchy, facts);
  append_files(services.hierarchy, facts);
  facts.push_back(clone_fact(services.enter_pen_by_write));
  facts.push_back(identity_fact());
  facts.push_back(exit_fact());
  facts.push_back(working("containment.cgroup", "the strongest there is, for every job: no process leaves it unseen"));
  facts.push_back(root_fact(services.confinement));
  return facts;
}

}  // namespace coppice::daemon
