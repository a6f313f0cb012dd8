"""Dates of calendars other than the Gregorian one."""

from __future__ import annotations

from typing import Any

from tests.support.layouts.layout import DAY1, DAY3, Layout
from tests.support.layouts.rows import OHLCV, daily, rows


def dated(title: str, one: str, two: str, three: str, **said: Any) -> Layout:
    """A layout of three days whose dates are written so."""
    return Layout(title, "ABC.csv", daily(OHLCV, (one, two, three)), **said)


NEW_YEAR: Any = {"first": ("2010-12-30", *DAY1[1:]), "last": ("2011-01-03", *DAY3[1:])}
LAYOUTS: list[Layout] = [
    dated("ROC years", "113/03/04", "113/03/05", "113/03/06"),
    dated("ROC years with characters", "113年03月04日", "113年03月05日", "113年03月06日"),
    dated("ROC years, named", "民國113年3月4日", "民國113年3月5日", "民國113年3月6日"),
    dated("ROC years of two and three digits", "99/12/30", "99/12/31", "100/01/03", **NEW_YEAR),
    Layout(
        "Taiwan Stock Exchange",
        "2330.csv",
        rows(
            '"日期","成交股數","成交金額","開盤價","最高價","最低價","收盤價","漲跌價差","成交筆數"',
            '"113/03/04","1,200","49,680","41.15","41.90","40.85","41.60","+0.45","12"',
            '"113/03/05","900","37,500","41.60","42.05","41.30","41.75","+0.15","9"',
            '"113/03/06","1,500","63,300","41.80","42.40","41.70","42.35","+0.60","15"',
        ),
        symbol="2330",
    ),
    dated(
        "years of two digits in front that are no days", "99/01/04", "99/01/05", "99/01/06",
        refused="'99/01/04' in the time column 'Date' is 1999-01-04 with the year first and 2010-01-04 in years of the "
        "Republic of China",
        fix="--date-format roc, or a format of strptime such as %y/%m/%d",
    ),
    dated(
        "ROC years of two digits, given", "99/12/30", "99/12/31", "100/01/03", options={"date_format": "roc"},
        **NEW_YEAR,
    ),
    dated(
        "ROC years as digits", "1130304", "1130305", "1130306",
        refused="1130304 would be, read as epoch seconds: 1970-01-14; epoch ms",
        fix="roc",
    ),
    dated("ROC years as digits, given", "1130304", "1130305", "1130306", options={"date_format": "roc"}),
    dated("Buddhist years", "2567-03-04", "2567-03-05", "2567-03-06"),
    dated("Buddhist years, month's name", "4 March 2567", "5 March 2567", "6 March 2567"),
    dated(
        "Buddhist years behind, day first", "27/02/2567", "28/02/2567", "29/02/2567",
        first=("2024-02-27", *DAY1[1:]), last=("2024-02-29", *DAY3[1:]),
    ),
    dated(
        "Buddhist years behind, of open order", "04/03/2567", "05/03/2567", "06/03/2567",
        refused="is 2024-03-04 with the day first, Buddhist years and 2024-04-03 with the month first, Buddhist years",
        fix="--date-format dayfirst or --date-format monthfirst",
    ),
    dated(
        "Buddhist years behind, given", "04/03/2567", "05/03/2567", "06/03/2567", options={"date_format": "dayfirst"}
    ),
    dated("Buddhist years as digits", "25670304", "25670305", "25670306", refused="Buddhist years: 2024-03-04"),
    dated(
        "Buddhist years as digits, given", "25670304", "25670305", "25670306", options={"date_format": "buddhist"}
    ),
    dated(
        "Buddhist years under a format", "04.03.2567", "05.03.2567", "06.03.2567", options={"date_format": "%d.%m.%Y"},
        refused="the years in the time column 'Date', such as '04.03.2567', are Buddhist",
        fix="Leave --date-format out",
    ),
    dated("years of a Japanese era", "R6.3.4", "R6.3.5", "R6.3.6"),
    dated("years of a Japanese era, slashes", "R06/03/04", "R06/03/05", "R06/03/06"),
    dated("years of a Japanese era, characters", "令和6年3月4日", "令和6年3月5日", "令和6年3月6日"),
    dated(
        "a new Japanese era", "平成31年4月29日", "平成31年4月30日", "令和元年5月1日",
        first=("2019-04-29", *DAY1[1:]), last=("2019-05-01", *DAY3[1:]),
    ),
    dated("characters behind year, month and day", "2024年3月4日", "2024年03月05日", "2024年3月6日"),
    dated("Korean characters behind year, month and day", "2024년 03월 04일", "2024년 03월 05일", "2024년 03월 06일"),
    dated(
        "Hijri years", "1402/12/14", "1402/12/15", "1402/12/16",
        refused="the years in the time column 'Date', such as '1402/12/14', are those of the solar or of the",
        fix="Convert the dates",
    ),
]  # fmt: skip
