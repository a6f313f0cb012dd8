"""`positions` and `portfolio`."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from worker.gateway.gateway import Gateway
from worker.gateway.resources.portfolio import PortfolioHistory, PortfolioLimits, PortfolioNow
from worker.gateway.resources.positions import Positions
from worker.gateway.routes.answering import UNCHANGED, encoded, spec
from worker.gateway.routes.parameters import Since
from worker.gateway.routes.versions import versioned
from worker.gateway.showing import portfolio
from worker.gateway.showing.positions import positions

Points = Annotated[int, Parameter(description="about so many steps", ge=2, le=5_000)]


@get(
    "/api/v1/positions",
    before_request=versioned("decisions", "portfolio"),
    responses={200: ResponseSpec(Positions, generate_examples=False)} | UNCHANGED | spec(),
)
async def list_positions(gateway: Gateway) -> Response[Any]:
    """Return all positions, the largest first."""
    return encoded(await positions(gateway))


@get("/api/v1/portfolio", responses={200: ResponseSpec(PortfolioNow, generate_examples=False)} | spec())
async def portfolio_now(gateway: Gateway) -> Response[Any]:
    """Return the newest step of the portfolio's monitor."""
    return encoded(portfolio.now(gateway))


@get(
    "/api/v1/portfolio/history",
    before_request=versioned("portfolio"),
    responses={200: ResponseSpec(PortfolioHistory, generate_examples=False)} | UNCHANGED | spec(),
)
async def portfolio_history(gateway: Gateway, points: Points = 500, since: Since = None) -> Response[Any]:
    """Return steps of the portfolio as columns, evenly chosen."""
    return encoded(await portfolio.history(gateway, points, since))


@get("/api/v1/portfolio/limits", responses={200: ResponseSpec(PortfolioLimits, generate_examples=False)} | spec())
async def portfolio_limits(gateway: Gateway) -> Response[Any]:
    """Return the limits as this gateway is configured."""
    return encoded(portfolio.limits(gateway))


HANDLERS = (list_positions, portfolio_now, portfolio_history, portfolio_limits)
