from django.urls import path

from cinema.shows import views
from cinema.shows.price_lists import PriceListDetail, PriceLists

urlpatterns = [
    path("movies/", views.MovieList.as_view(), name="movies"),
    path("movies/<id:movie_id>/", views.MovieDetail.as_view(), name="movie"),
    path("movies/<id:movie_id>/shows/", views.MovieShows.as_view(), name="movie-shows"),
    path("shows/", views.Programme.as_view(), name="programme"),
    path("price-lists/", PriceLists.as_view(), name="price-lists"),
    path("price-lists/<id:price_list_id>/", PriceListDetail.as_view(), name="price-list"),
    path("screens/", views.Screens.as_view(), name="screens"),
    path("shows/<id:show_id>/", views.ShowDetail.as_view(), name="show"),
]
