"""The same market in abmax: a set of creators stepped by JAX, twice a period, with the trade between."""

import functools

import jax
import jax.numpy as jnp
from abmax.functions import step_agents
from abmax.structs import Agent, Params, Policy, Set, Signal, State
from peers import columns as rules

jax.config.update("jax_enable_x64", True)


def choose_and_reskill(p):
    def step(agent, signal, params):
        state = agent.state.content
        action = rules.chosen(jnp, state["q"], signal.content["lots"], params.content["epsilon"])
        skill = rules.reskilled(jnp, p, state["skill"], action, state["to_creative"])
        return agent.replace(state=State({**state, "action": action, "skill": skill}))

    return step


def learn(p):
    def step(agent, signal, params):
        state, sales = agent.state.content, signal.content["sales"]
        q = rules.learned(jnp, p, state["q"], state["action"], sales.sum(), params.content["unit"])
        focus = jnp.where(state["action"] != rules.EXIT, sales[1] >= sales[0], state["to_creative"])
        return agent.replace(state=State({**state, "q": q, "to_creative": focus}))

    return step


def trade(p, firms, kind, agents, ai, key):
    """Sales (n + firms, 2) by kind of demand, and what is observed."""
    state = agents.state.content
    sellers = rules.offers(jnp, p, state["skill"], state["action"], ai, firms)
    lots = jax.random.uniform(key, (kind.size, p.consideration + 1))
    slot = rules.bought(jnp, p, sellers, kind, lots)
    room = jnp.zeros((state["action"].size + firms + 1, 2), jnp.int32)
    sales = room.at[slot, kind].add(1)[:-1]  # slot -1 is the last row: nobody's
    return sales, rules.observed(jnp, state["action"], state["skill"], sales.sum(axis=1), kind.size)


@functools.lru_cache
def compiled(p, firms):
    """The opening period and a later one, compiled once for an economy."""
    first, last = choose_and_reskill(p), learn(p)

    @jax.jit
    def opening(creators, kind, ai, key):
        sales, row = trade(p, firms, kind, creators.agents, ai, key)
        state = creators.agents.state.content
        own = sales[: state["action"].size]
        agents = creators.agents.replace(state=State({**state, "to_creative": own[:, 1] >= own[:, 0]}))
        return creators.replace(agents=agents), own.sum(), row

    @jax.jit
    def period(creators, kind, now, key):
        ai, epsilon, unit = now
        lots, shopping = jax.random.split(key)
        n = creators.agents.state.content["action"].size
        draws = Signal({"lots": jax.random.uniform(lots, (n, 2))})
        creators = step_agents(first, Params({"epsilon": epsilon}), draws, creators)
        sales, row = trade(p, firms, kind, creators.agents, ai, shopping)
        return step_agents(last, Params({"unit": unit}), Signal({"sales": sales[:n]}), creators), row

    return opening, period


class Market:
    """As the benchmark steps it."""

    def __init__(self, p, creators, firms, consumers, seed):
        self._key, skills, opening_key = jax.random.split(jax.random.key(seed), 3)
        mean = jnp.array([p.human_technical, p.human_creative])
        skill = jnp.maximum(0.0, mean + p.skill_spread * jax.random.normal(skills, (creators, 2)))
        state = State(
            {
                "skill": skill, "q": jnp.tile(jnp.asarray(p.opening_values()), (creators, 1)),
                "action": jnp.zeros(creators, jnp.int32), "to_creative": jnp.ones(creators, bool),
            }
        )  # fmt: skip
        nothing = Params({})
        agents = Agent(
            id=jnp.arange(creators), active_state=jnp.ones(creators, bool), age=jnp.zeros(creators),
            agent_type=jnp.zeros(creators, jnp.int32), params=nothing, state=state,
            policy=Policy(State({}), nothing, None), key=None,
        )  # fmt: skip
        self._set = Set(creators, creators, agents, 0, 0, nothing, State({}), Policy(State({}), nothing, None), None)
        technical = round(p.technical_demand * consumers)
        self._p, self._kind = p, (jnp.arange(consumers) >= technical).astype(int)
        self._schedule = rules.Schedule(p)
        opening, self._period = compiled(p, firms)
        self._set, sold, row = opening(self._set, self._kind, jnp.array(self._schedule.weights()), opening_key)
        self._unit, self._seen = p.markup * p.human_cost * sold / creators, [row]

    def step(self):
        self._schedule.advance()
        self._key, key = jax.random.split(self._key)
        now = jnp.array(self._schedule.weights()), self._schedule.epsilon, self._unit
        self._set, row = self._period(self._set, self._kind, now, key)
        self._seen.append(row)
        self._schedule.epsilon *= self._p.exploration_decay

    @property
    def rows(self):
        seen = [{name: float(value) for name, value in row.items()} for row in self._seen]
        return [{**row, "creative_change": row["creative"] - seen[0]["creative"]} for row in seen]
