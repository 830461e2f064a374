// coppice history, and what ps -a shows of it, with a daemon.
#include <nlohmann/json.hpp>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

using nlohmann::json;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class History : public Daemon {
 protected:
  std::string run_job(Words words) {
    const std::string id = start(words);
    static_cast<void>(coppice({"wait", "-q", id}));
    return id;
  }
  // In the order that they are told.
  Words ids(const Words& words) const {
    Words found;
    for (const json& job : objects(words)) found.push_back(job.at("id"));
    return found;
  }
};

TEST_F(History, ended_jobs_are_listed_the_latest_first_with_when_they_ended) {
  EXPECT_EQ(coppice({"history"}).output, "");
  const std::string first = run_job({"--name", "one", "--", "true"});
  const std::string second = run_job({"--name", "two", "--", "sh", "-c", "exit 3"});
  const std::string live = start({"--", "sleep", "1000"});
  const Ended history = coppice({"history"});
  EXPECT_EQ(history.code, 0);
  EXPECT_EQ(history.error, "");
  EXPECT_TRUE(contains(history.output, "ENDED")) << history.output;
  EXPECT_TRUE(contains(history.output, "failed 3")) << history.output;
  EXPECT_LT(history.output.find(second), history.output.find(first)) << history.output;
  EXPECT_FALSE(contains(history.output, live));
  EXPECT_EQ(ids({"history", "--json"}), (Words{second, first}));
}

TEST_F(History, each_filter_leaves_what_fits) {
  const std::string one = run_job({"--name", "one", "--slice", "ci/x", "--label", "a=1", "--", "true"});
  const std::string two = run_job({"--name", "two", "--slice", "web", "--label", "a=2", "--", "false"});
  EXPECT_EQ(ids({"history", "--json", "--name", "one"}), Words{one});
  EXPECT_EQ(ids({"history", "--json", "--slice", "ci"}), Words{one});
  EXPECT_EQ(ids({"history", "--json", "--label", "a=2"}), Words{two});
  EXPECT_EQ(ids({"history", "--json", "--outcome", "failed", "--outcome", "killed"}), Words{two});
  EXPECT_EQ(ids({"history", "--json", "--since", "1h"}), (Words{two, one}));
  EXPECT_EQ(ids({"history", "--json", "--before", "1h"}), Words{});
  EXPECT_EQ(ids({"history", "--json", "--before", "2024-05-31"}), Words{});
}

TEST_F(History, a_list_that_leaves_jobs_out_says_so) {
  Words jobs;
  for (int i = 0; i < 3; ++i) jobs.push_back(run_job({"--", "true"}));
  const std::string live = start({"--", "sleep", "1000"});
  const Ended history = coppice({"history", "--limit", "2"});
  EXPECT_FALSE(contains(history.output, jobs[0])) << history.output;
  EXPECT_TRUE(contains(history.error, "there are more")) << history.error;
  EXPECT_EQ(coppice({"history", "--limit", "3"}).error, "");
  // Every live one, whatever the limit.
  const Ended ps = coppice({"ps", "-a", "--limit", "2"});
  EXPECT_FALSE(contains(ps.output, jobs[0])) << ps.output;
  for (const std::string& shown : {jobs[1], jobs[2], live}) EXPECT_TRUE(contains(ps.output, shown)) << ps.output;
  EXPECT_TRUE(contains(ps.error, "there are more")) << ps.error;
  EXPECT_EQ(coppice({"ps", "-a", "--limit", "3"}).error, "");
  EXPECT_EQ(ids({"ps", "-a", "--json"}), (Words{jobs[0], jobs[1], jobs[2], live}));
}

TEST_F(History, an_ended_job_is_found_by_its_name_and_by_the_beginning_of_its_id) {
  const std::string older = run_job({"--name", "build", "--", "false"});
  const std::string id = run_job({"--name", "build", "--", "true"});
  EXPECT_EQ(objects({"status", "--json", "build"}).at(0).at("id"), id);
  EXPECT_EQ(objects({"status", "--json", id.substr(0, 25)}).at(0).at("id"), id);
  const Ended both = coppice({"status", id.substr(0, 4)});
  EXPECT_EQ(both.code, 1);
  EXPECT_TRUE(contains(both.error, "begins the ids of several jobs")) << both.error;
}

}  // namespace
}  // namespace coppice::cli_daemon
